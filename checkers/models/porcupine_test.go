package models_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assaykit/assay/checkers"
	"github.com/assaykit/assay/checkers/models"
	"github.com/assaykit/assay/harness/history/formats"
)

// recorded is where porcupine keeps the histories of its tests.
func recorded(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/anishathalye/porcupine").Output()
	folder := filepath.Join(strings.TrimSpace(string(out)), "test_data")
	if _, stat := os.Stat(folder); err != nil || stat != nil {
		t.Fatalf("porcupine's sources are not at hand: %v, %v", err, stat)
	}
	return folder
}

// linearizable are the histories of etcd that porcupine's own tests expect to be
// so; all others are not, except one about which they say nothing.
var linearizable = map[int]bool{
	2: true, 5: true, 7: true, 18: true, 25: true, 31: true, 38: true, 45: true, 48: true, 49: true, 51: true, 53: true,
	56: true, 67: true, 75: true, 76: true, 80: true, 87: true, 92: true, 98: true, 100: true, 101: true, 102: true,
}

const untold = 95

// Register histories of etcd, recorded by Jepsen, are judged as porcupine judges
// them.
func TestPorcupinesHistoriesOfEtcd(t *testing.T) {
	folder := recorded(t)
	register, err := models.Find("register")
	if err != nil {
		t.Fatal(err)
	}
	for number := range 103 {
		path := filepath.Join(folder, "jepsen", fmt.Sprintf("etcd_%03d.log", number))
		r := read(t, path)
		want := checkers.Invalid
		if linearizable[number] {
			want = checkers.Valid
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		v, err := register.Judge(ctx, r.History, nil)
		cancel()
		if err != nil || number != untold && v.Validity != want {
			t.Errorf("%s: %v, %v, want %v: %s", path, v.Validity, err, want, v.Reason)
		}
	}
}

func read(t testing.TB, path string) *formats.Reading {
	t.Helper()
	r, err := formats.Read(path, formats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.History.WellFormed(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Histories of key-value stores are judged as porcupine judges them: the bad ones
// are not linearizable.
func TestPorcupinesHistoriesOfKeyValueStores(t *testing.T) {
	folder := recorded(t)
	strings, err := models.Find("strings")
	if err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string]int{"c01-bad": 76, "c01-ok": 116, "c10-bad": 810, "c10-ok": 674, "c50-bad": 4048, "c50-ok": 3424} {
		r := read(t, filepath.Join(folder, "kv", name+".txt"))
		if len(r.History.Ops) != lines || len(r.Notes) != 1 {
			t.Errorf("%s has %d lines and notes %q, want %d and one about times", name, len(r.History.Ops), r.Notes, lines)
		}
		want := checkers.Valid
		if bad := name[len(name)-3:]; bad == "bad" {
			want = checkers.Invalid
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		v, err := strings.Judge(ctx, r.History, nil)
		cancel()
		if err != nil || v.Validity != want {
			t.Errorf("%s: %v, %v, want %v: %s", name, v.Validity, err, want, v.Reason)
		}
	}
}
