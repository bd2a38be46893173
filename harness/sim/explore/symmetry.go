package explore

type symmetry struct{}
