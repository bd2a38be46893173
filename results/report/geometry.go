package report

import (
	"fmt"
	"strings"
)

// What follows are places in pictures and charts that templates ask for.

// NodeY and ProcessY are base lines in a lane's name column.
func (l lane) NodeY() float64    { return round(l.Y + l.Height/2 - 2) }
func (l lane) ProcessY() float64 { return round(l.Y + l.Height/2 + 11) }

// HeadingY is the base line of a name above its lane.
func (l lane) HeadingY() float64 { return round(l.Y + 15) }

func (b bar) LabelY() float64 { return round(b.Y + b.Height/2 + 4.2) }

// BadgeX and BadgeY are the middle of the number of the step.
func (b bar) BadgeX() float64  { return round(b.X - badgeRoom/2 + 0.5) }
func (b bar) BadgeY() float64  { return round(b.Y + b.Height/2) }
func (b bar) NumberY() float64 { return round(b.Y + b.Height/2 + 3.8) }

func (p picture) TickY() float64 { return round(p.Bottom + 17) }

// GapY is below the names of the times, which are wider than a break.
func (p picture) GapY() float64        { return round(p.Bottom + 17) }
func (p picture) LanesHeight() float64 { return round(p.Bottom - p.Top) }

func (b band) Top() float64                 { return round(b.LabelY - 13) }
func (b band) Reach(bottom float64) float64 { return round(bottom - b.Top()) }
func (b band) Right() float64               { return round(b.X + b.Width) }

func (g gap) Middle() float64 { return round(g.X + g.Width/2) }

// Tear is a pair of jagged edges.
func (g gap) Tear(top, bottom float64) string {
	return jagged(g.X, top, bottom) + jagged(g.X+g.Width, top, bottom)
}

func jagged(x, top, bottom float64) string {
	const tooth = 5.0
	var b strings.Builder
	fmt.Fprintf(&b, "M%.1f %.1f", x, top)
	side := 1.0
	for y := top; y < bottom; y += tooth {
		fmt.Fprintf(&b, "l%.1f %.1f", side*3, min(tooth, bottom-y))
		side = -side
	}
	return b.String()
}

func (c chart) PlotHeight() float64 { return c.Bottom - c.Top }
func (c chart) PlotWide() float64   { return plotWide }
func (c chart) TimesY() float64     { return c.Bottom + 16 }

func (s strip) Reach(bottom float64) float64 { return bottom - s.Y }

func (l level) LabelY() float64 { return round(l.Y + 4) }

// UnknownFrom is where the last part of a row's shares begins.
func (k kindRow) UnknownFrom() float64 { return round(k.OKShare + k.FailedShare) }
