package serve

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/assaykit/assay/results/compare"
)

// chart is a figure of two runs over the time of their loads, drawn in a field of
// chartWidth by chartHeight.
type chart struct {
	Title, About  string
	Width, Height int
	Old, New      string
	OldBands      []band
	NewBands      []band
	Levels        []level
	Top           string
	Until         string
}

type band struct{ X, Width float64 }

type level struct {
	Y    float64
	Text string
}

const (
	chartWidth  = 1000
	chartHeight = 150
)

func charts(old, new []compare.Moment) []chart {
	if len(old) == 0 || len(new) == 0 {
		return nil
	}
	return []chart{
		draw("Answered operations a second", old, new, func(m compare.Moment) float64 { return m.PerSecond }, false),
		draw("Latency, 99th percentile", old, new, func(m compare.Moment) float64 { return float64(m.P99) }, true),
	}
}

// draw draws both runs to the same scale. Latencies, which differ by powers of ten, are
// drawn to a logarithmic one.
func draw(title string, old, new []compare.Moment, of func(compare.Moment) float64, logarithmic bool) chart {
	s := scale{logarithmic: logarithmic, low: math.Inf(1)}
	s.fit(old, of)
	s.fit(new, of)
	span := max(len(old), len(new))
	c := chart{
		Title: title, Width: chartWidth, Height: chartHeight,
		Old: s.path(old, of, span), New: s.path(new, of, span),
		OldBands: bands(old, span), NewBands: bands(new, span),
		Levels: s.levels(), Until: fmt.Sprintf("%.0f s", float64(span)/2),
	}
	c.About = fmt.Sprintf("%s over %s of load, OLD and NEW", title, c.Until)
	return c
}

// scale maps values to heights.
type scale struct {
	logarithmic bool
	low, high   float64
}

func (s *scale) fit(all []compare.Moment, of func(compare.Moment) float64) {
	for _, m := range all {
		if v := of(m); v > 0 {
			s.low, s.high = min(s.low, v), max(s.high, v)
		}
	}
	if !s.logarithmic {
		s.low = 0
	}
}

func (s scale) y(v float64) float64 {
	share := v / s.high
	if s.logarithmic {
		share = math.Log(v/s.low) / math.Max(math.Log(s.high/s.low), 0.01)
	}
	if math.IsNaN(share) || math.IsInf(share, 0) {
		share = 0
	}
	return math.Round((chartHeight-8-(chartHeight-16)*share)*10) / 10
}

// path is a line that is interrupted where there was no answer.
func (s scale) path(all []compare.Moment, of func(compare.Moment) float64, span int) string {
	var b strings.Builder
	pen := "M"
	for i, m := range all {
		v := of(m)
		if v <= 0 && s.logarithmic {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, (float64(i)+0.5)*chartWidth/float64(span), s.y(v))
		pen = "L"
	}
	return b.String()
}

func (s scale) levels() []level {
	if s.high == 0 {
		return nil
	}
	if !s.logarithmic {
		return []level{{s.y(s.high), fmt.Sprintf("%.0f/s", s.high)}, {s.y(0), "0"}}
	}
	all := []level{{s.y(s.high), text(s.high)}, {s.y(s.low), text(s.low)}}
	if middle := math.Sqrt(s.high * s.low); s.high > 4*s.low {
		all = append(all, level{s.y(middle), text(middle)})
	}
	return all
}

func text(ns float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(ns))-1)
	return time.Duration(math.Round(ns/unit) * unit).String()
}

// bands are the times under faults.
func bands(all []compare.Moment, span int) []band {
	var found []band
	wide := float64(chartWidth) / float64(span)
	for i, m := range all {
		switch {
		case !m.Faults:
		case i > 0 && all[i-1].Faults:
			found[len(found)-1].Width += wide
		default:
			found = append(found, band{float64(i) * wide, wide})
		}
	}
	return found
}
