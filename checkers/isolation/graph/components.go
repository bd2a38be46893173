package graph

// Components are the parts of the graph within which cycles of all kinds of edges
// lie that the class accepts. A graph without such cycles has none. Those of classes
// that remember the last edge, Nonadjacent and Forking, may overlap.
func (g *Graph) Components(c Class) []*Graph {
	var parts []*Graph
	var place []int32
	g.components(c, func(nodes []int32) {
		if place == nil {
			place = make([]int32, g.nodes())
		}
		parts = append(parts, g.part(distinct(nodes, c.states, place), place))
	})
	return parts
}

// Acyclic says that no cycle is accepted. For Single, which remembers for good, it
// says nothing.
func (g *Graph) Acyclic(c Class) bool {
	acyclic := true
	g.components(c, func([]int32) { acyclic = false })
	return acyclic
}

// distinct are the nodes of which a state is among the given ones.
func distinct(states []int32, each int32, place []int32) []int32 {
	if each == 1 {
		return states
	}
	var nodes []int32
	for _, s := range states {
		if v := s / each; place[v] == 0 {
			place[v] = 1
			nodes = append(nodes, v)
		}
	}
	for _, v := range nodes {
		place[v] = 0
	}
	return nodes
}

// components calls back with each strongly connected component of more than one
// node, where a node is a node of the graph together with a state of the automaton:
// node·states + state. After Tarjan, Depth-First Search and Linear Graph Algorithms,
// 1972, without recursion. The list is reused.
func (g *Graph) components(c Class, found func([]int32)) {
	t := tarjan{g: g, c: &c, number: make([]int32, g.nodes()*c.states), next: make([]int32, g.nodes()*c.states)}
	for root := range g.transactions * c.states {
		if t.number[root] == 0 {
			t.visit(root, found)
		}
	}
}

// tarjan numbers nodes in order of discovery, from 1, and lowers the numbers to the
// least that can be reached; those of finished components are out of reach.
type tarjan struct {
	g            *Graph
	c            *Class
	number, next []int32
	path, stack  []int32
	last         int32
}

const finished = int32(1<<31 - 1)

// enter begins with a node. Its place on the path has its own number, which the
// table soon forgets.
func (t *tarjan) enter(node int32) {
	t.last++
	t.number[node] = t.last
	t.next[node] = t.g.head[node/t.c.states]
	t.path = append(t.path, node, t.last)
}

func (t *tarjan) visit(root int32, found func([]int32)) {
	g, states := t.g, t.c.states
	t.enter(root)
	for len(t.path) > 0 {
		node := t.path[len(t.path)-2]
		v, next := node/states, &t.c.next[node%states]
		down := false
		for e := t.next[node]; e < g.head[v+1]; e++ {
			state := next[g.kind[e]]
			if state == refused {
				continue
			}
			to := g.to[e]*states + int32(state)
			if t.number[to] == 0 {
				t.next[node] = e // once more when it is done, for its low number
				t.enter(to)
				down = true
				break
			}
			if n := t.number[to]; n != finished && n < t.number[node] {
				t.number[node] = n
			}
		}
		if !down {
			t.leave(found)
		}
	}
}

func (t *tarjan) leave(found func([]int32)) {
	node, own := t.path[len(t.path)-2], t.path[len(t.path)-1]
	t.path = t.path[:len(t.path)-2]
	if t.number[node] < own {
		t.stack = append(t.stack, node)
		return
	}
	// Those of its component that were left are on the stack, above all others.
	at := len(t.stack)
	for at > 0 && t.number[t.stack[at-1]] >= own && t.number[t.stack[at-1]] != finished {
		at--
	}
	component := append(t.stack[at:], node)
	for _, member := range component {
		t.number[member] = finished
	}
	t.stack = t.stack[:at]
	if len(component) > 1 {
		found(component)
	}
}
