package targets

import (
	"strings"
	"testing"
)

func TestFindReturnsEveryTargetByItsName(t *testing.T) {
	for _, want := range All() {
		got, err := Find(want.Name())
		if err != nil || got.Name() != want.Name() {
			t.Errorf("%s: got %v, %v", want.Name(), got, err)
		}
	}
}

func TestFindOfAnUnknownTargetNamesTheChoices(t *testing.T) {
	_, err := Find("nothing")
	for _, want := range []string{"nothing", "demo", "etcd"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not contain %q", err, want)
		}
	}
}

func TestEveryTargetDescribesItself(t *testing.T) {
	for _, target := range All() {
		if target.About() == "" || target.Prototype() == nil {
			t.Errorf("%s: no description, or no prototype", target.Name())
		}
		for _, s := range target.Settings() {
			if s.Key == "" || s.About == "" {
				t.Errorf("%s: setting %+v", target.Name(), s)
			}
			for _, c := range s.Choices {
				if c.Value == "" || c.About == "" {
					t.Errorf("%s: setting %s: choice %+v", target.Name(), s.Key, c)
				}
			}
		}
	}
}
