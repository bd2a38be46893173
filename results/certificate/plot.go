package certificate

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
)

// The plot's measures, in its own units.
const (
	plotWidth, plotHeight = 760, 320
	plotLeft, plotRight   = 70, 24
	plotTop, plotBottom   = 18, 52
)

// plot draws a trade: medians of latencies on a logarithmic scale over distances, a line
// for each value and kind of operation. What was seen to be less than linearizable has
// hollow marks.
type plot struct {
	strings.Builder
	distances []string
	trips     map[string]time.Duration
	low, high float64 // powers of ten of seconds
}

// series is a line of a plot.
type series struct {
	value, kind string
	color, dash int
	points      []Point
}

// SVG is the plot of a trade; empty if there is nothing to draw.
func (t Trade) SVG() template.HTML {
	p := &plot{trips: map[string]time.Duration{}}
	lines := t.series()
	if len(lines) == 0 || !p.scale(t) {
		return ""
	}
	fmt.Fprintf(p, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight,
		template.HTMLEscapeString("Median latency over distance, for each value of "+cmpOr(t.Setting, "the system as it is")+"; the table below has the figures"))
	p.grid()
	for _, l := range lines {
		p.line(l)
	}
	p.WriteString("</svg>")
	return template.HTML(p.String()) // every text in it is escaped
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// series are the lines of the plot, in the order of values and kinds.
func (t Trade) series() []series {
	var all []series
	var values, kinds []string
	for _, p := range t.Points {
		if !slices.Contains(values, p.Value) {
			values = append(values, p.Value)
		}
		for _, l := range p.Latencies {
			if !slices.Contains(kinds, l.Kind) {
				kinds = append(kinds, l.Kind)
			}
		}
	}
	for v, value := range values {
		for k, kind := range kinds {
			s := series{value: value, kind: kind, color: v, dash: k}
			for _, p := range t.Points {
				if _, ok := p.median(kind); ok && p.Value == value {
					s.points = append(s.points, p)
				}
			}
			if len(s.points) > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

func (p Point) median(kind string) (time.Duration, bool) {
	for _, l := range p.Latencies {
		if l.Kind == kind && l.P50 > 0 {
			return l.P50, true
		}
	}
	return 0, false
}

// scale finds what the axes have to show.
func (p *plot) scale(t Trade) bool {
	p.low, p.high = math.Inf(1), math.Inf(-1)
	for _, point := range t.Points {
		if !slices.Contains(p.distances, point.Distance) {
			p.distances = append(p.distances, point.Distance)
			p.trips[point.Distance] = point.RoundTrip
		}
		for _, l := range point.Latencies {
			if l.P50 > 0 {
				exponent := math.Log10(l.P50.Seconds())
				p.low, p.high = min(p.low, math.Floor(exponent)), max(p.high, math.Ceil(exponent))
			}
		}
	}
	if p.high <= p.low {
		p.high = p.low + 1
	}
	return !math.IsInf(p.low, 0) && len(p.distances) > 1
}

func (p *plot) x(distance string) float64 {
	at := slices.Index(p.distances, distance)
	inner := float64(plotWidth - plotLeft - plotRight)
	return plotLeft + inner*(float64(at)+0.5)/float64(len(p.distances))
}

func (p *plot) y(d time.Duration) float64 {
	share := (math.Log10(d.Seconds()) - p.low) / (p.high - p.low)
	return plotTop + float64(plotHeight-plotTop-plotBottom)*(1-share)
}

func (p *plot) grid() {
	for e := p.low; e <= p.high; e++ {
		d := time.Duration(math.Round(math.Pow(10, e) * 1e9))
		y := p.y(d)
		fmt.Fprintf(p, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="tick" x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, plotWidth-plotRight, y, y, plotLeft-8, y+4, Duration(d))
	}
	for _, name := range p.distances {
		x := p.x(name)
		fmt.Fprintf(p, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x, plotHeight-28, template.HTMLEscapeString(name))
		if trip := p.trips[name]; trip > 0 {
			fmt.Fprintf(p, `<text class="tick" x="%.1f" y="%d" text-anchor="middle">%s there and back</text>`, x, plotHeight-12, Duration(trip))
		}
	}
}

func (p *plot) line(s series) {
	var path []string
	for _, point := range s.points {
		d, _ := point.median(s.kind)
		path = append(path, fmt.Sprintf("%.1f,%.1f", p.x(point.Distance), p.y(d)))
	}
	fmt.Fprintf(p, `<polyline class="line c%d d%d" points="%s"/>`, s.color%4, s.dash%4, strings.Join(path, " "))
	for _, point := range s.points {
		p.mark(s, point)
	}
}

func (p *plot) mark(s series, point Point) {
	d, _ := point.median(s.kind)
	class := "full"
	if !point.Linearizable() {
		class = "hollow"
	}
	title := fmt.Sprintf("%s %s, %s: %s; %s", point.Value, s.kind, point.Distance, Duration(d), point.Seen)
	fmt.Fprintf(p, `<circle class="mark c%d %s" cx="%.1f" cy="%.1f" r="4.5"><title>%s</title></circle>`,
		s.color%4, class, p.x(point.Distance), p.y(d), template.HTMLEscapeString(title))
}

// Legend says which line is which.
type Legend struct {
	Name        string
	Color, Dash int
}

// Legends are those of the plot's lines.
func (t Trade) Legends() []Legend {
	var all []Legend
	for _, s := range t.series() {
		all = append(all, Legend{Name: strings.TrimSpace(s.value + " " + s.kind), Color: s.color % 4, Dash: s.dash % 4})
	}
	return all
}
