// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// summary is a row of the report with what was found.
type summary struct {
	Name         string   `json:"name"`
	Fault        string   `json:"fault"`
	Unit         string   `json:"unit"`
	Trials       int      `json:"trials"`
	Never        int      `json:"never,omitempty"` // trials in which it did not happen
	Median       *float64 `json:"median"`
	Max          *float64 `json:"max"`
	FailedMedian *float64 `json:"failedMedian,omitempty"`
	FailedMax    *float64 `json:"failedMax,omitempty"`
	Wanted       string   `json:"wanted"`
	Passed       bool     `json:"passed"`
	Results      []result `json:"results"`
}

// report reads what the guest wrote, RESULTS, prints the table and leaves it in FOLDER; further arguments are those of
// the run. It fails when a bound is missed or a trial is missing.
func report(arguments []string) error {
	chosen, err := parseChoice(arguments[2:])
	if err != nil {
		return err
	}
	found, ended, err := readResults(arguments[0])
	if err != nil {
		return err
	}
	var rows []summary
	missed := 0
	for _, s := range chosen.scenarios() {
		for _, r := range s.rows {
			if !ended && len(found[r.name]) == 0 {
				continue
			}
			row := summarize(r, found[r.name], chosen.trials(s))
			if !row.Passed {
				missed++
			}
			rows = append(rows, row)
		}
	}
	table := markdown(rows)
	fmt.Print("\n", table, "\n")
	encoded, err := json.MarshalIndent(map[string]any{"rows": rows, "complete": ended}, "", "  ")
	if err != nil {
		return err
	}
	for name, content := range map[string]string{"report.json": string(encoded) + "\n", "report.md": table} {
		if err := os.WriteFile(filepath.Join(arguments[1], name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	switch {
	case !ended:
		return errors.New("the guest ended before the trials did; see its last lines above")
	case missed > 0:
		return fmt.Errorf("%d of %d rows miss what is wanted; the guardian's log of each is in %s", missed, len(rows), filepath.Join(arguments[1], "report.json"))
	}
	fmt.Printf("every bound is kept, in %d rows\n", len(rows))
	return nil
}

func readResults(path string) (map[string][]result, bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	found, ended := map[string][]result{}, false
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			result
			End bool
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue // The guest died within a line.
		}
		if ended = line.End; !ended {
			found[line.Row] = append(found[line.Row], line.result)
		}
	}
	return found, ended, lines.Err()
}

func summarize(r row, found []result, trials int) summary {
	s := summary{Name: r.name, Fault: r.fault, Unit: r.unit, Trials: len(found), Wanted: wanted(r), Results: found}
	var values, failed []float64
	for _, f := range found {
		if f.Value == nil {
			s.Never++
			values = append(values, free)
		} else {
			values = append(values, *f.Value)
		}
		if f.Failed != nil {
			failed = append(failed, float64(*f.Failed))
		}
	}
	var kept [4]bool
	s.Median, s.Max, kept[0], kept[1] = middleAndMax(values, r.median, r.max)
	s.FailedMedian, s.FailedMax, kept[2], kept[3] = middleAndMax(failed, r.failedMedian, r.failedMax)
	s.Passed = len(found) == trials && kept == [4]bool{true, true, true, true}
	return s
}

// middleAndMax gives nil for what is not a number: no values, or something that never happened.
func middleAndMax(values []float64, medianBound, maxBound float64) (median, max *float64, medianKept, maxKept bool) {
	if len(values) == 0 {
		return nil, nil, true, true
	}
	sort.Float64s(values)
	number := func(value, bound float64) (*float64, bool) {
		if math.IsInf(value, 1) {
			return nil, math.IsInf(bound, 1)
		}
		return &value, value <= bound
	}
	median, medianKept = number(values[len(values)/2], medianBound)
	max, maxKept = number(values[len(values)-1], maxBound)
	return
}

func wanted(r row) string {
	var parts []string
	add := func(format string, bound float64) {
		if !math.IsInf(bound, 1) {
			parts = append(parts, fmt.Sprintf(format, bound, r.unit))
		}
	}
	switch {
	case r.max == 0 && r.unit == "s":
		// Said by the number of failed requests.
	case r.max == 0 && r.unit == "faults":
		parts = append(parts, "none")
	case r.max == r.median:
		add("≤ %g %s", r.max)
	default:
		add("≤ %g %s", r.median)
		add("max %g %s", r.max)
	}
	if r.failedMax == 0 {
		parts = append(parts, "0 failed")
	} else {
		add("≤ %g failed%.0s", r.failedMedian)
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, ", ")
}

func markdown(rows []summary) string {
	var text strings.Builder
	text.WriteString("| fault | trials | median | max | failed, median | max | wanted | verdict |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, s := range rows {
		verdict := "kept"
		if !s.Passed {
			verdict = "**missed**"
		} else if s.Wanted == "–" {
			verdict = "–"
		}
		unit := s.Unit
		if unit == "faults" {
			unit = ""
		}
		fmt.Fprintf(&text, "| %s | %d | %s | %s | %s | %s | %s | %s |\n", s.Fault, s.Trials, cell(s.Median, s, unit), cell(s.Max, s, unit),
			cell(s.FailedMedian, summary{}, ""), cell(s.FailedMax, summary{}, ""), s.Wanted, verdict)
	}
	return text.String()
}

func cell(value *float64, s summary, unit string) string {
	switch {
	case value == nil && s.Never > 0:
		return "never"
	case value == nil:
		return "–"
	case unit == "s":
		return fmt.Sprintf("%.2f s", *value)
	}
	return strings.TrimSpace(fmt.Sprintf("%.3g %s", *value, unit))
}

// listRows prints the names of the scenarios that the arguments choose.
func listRows(arguments []string) error {
	chosen, err := parseChoice(arguments)
	for _, s := range chosen.scenarios() {
		fmt.Println(s.name)
	}
	return err
}
