package compare

import "math"

// student is the value that a variable with Student's distribution exceeds with the
// probability tail, below a half: Hill, Algorithm 396, Student's t-quantiles (1970),
// which is right to some digits from one degree of freedom on.
func student(freedom, tail float64) float64 {
	p := 2 * tail // the algorithm is two-sided
	switch {
	case freedom < 1.5:
		return 1 / math.Tan(p*math.Pi/2)
	case freedom < 2.5:
		return math.Sqrt(2/(p*(2-p)) - 2)
	}
	n := freedom
	a := 1 / (n - 0.5)
	b := 48 / (a * a)
	c := ((20700*a/b-98)*a-16)*a + 96.36
	d := ((94.5/(b+c)-3)/b + 1) * math.Sqrt(a*math.Pi/2) * n
	y := math.Pow(d*p, 2/n)
	if y <= 0.05+a {
		return math.Sqrt(n * far(n, c, d, y))
	}
	x := -math.Sqrt2 * math.Erfinv(1-p) // the normal quantile
	y = x * x
	if n < 5 {
		c += 0.3 * (n - 4.5) * (x + 0.6)
	}
	c += (((0.05*d*x-5)*x-7)*x-2)*x + b
	y = (((((0.4*y+6.3)*y+36)*y+94.5)/c-y-3)/b + 1) * x
	return math.Sqrt(n * math.Expm1(a*y*y))
}

// far is the expansion for values far out.
func far(n, c, d, y float64) float64 {
	return ((1/(((n+6)/(n*y)-0.089*d-0.822)*(n+2)*3)+0.5/(n+4))*y-1)*(n+1)/(n+2) + 1/y
}
