// Package nemesis breaks things and puts them right again: which faults, where,
// when, verified in effect and verified healed.
package nemesis

// Spec is a parsed --nemesis: the families of faults and their shapes. The zero
// Spec breaks nothing.
type Spec struct {
	Families []Family
}

// Family is one kind of fault with the shapes it may take.
type Family struct {
	// Name is partition, kill, pause or corrupt.
	Name string
	// Shapes are where it strikes: for partitions one, halves, majority,
	// ring, bridge, one-way, leader; for the others one, minority, majority,
	// all, leader. None means all of them, chosen by the seed.
	Shapes []string
}
