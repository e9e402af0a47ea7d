// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

package main

import "math"

// row is one line of the report: what is measured, and the bounds that a good guardian keeps.
type row struct {
	name  string
	fault string
	unit  string
	// Of the values over all trials, and of the number of requests that failed; free is no bound.
	median, max             float64
	failedMedian, failedMax float64
}

// free is the bound that is always kept.
var free = math.Inf(1)

// seconds is a row whose value is a time.
func seconds(name, fault string, median, max float64) row {
	return row{name, fault, "s", median, max, free, free}
}

// faults is a row whose value counts what must not be.
func faults(name, fault string) row { return row{name, fault, "faults", 0, 0, free, free} }

// failing sets the bounds of the number of failed requests.
func (r row) failing(median, max float64) row {
	r.failedMedian, r.failedMax = median, max
	return r
}

// unnoticed is a row in which no request may fail.
func unnoticed(name, fault string) row { return seconds(name, fault, 0, 0).failing(0, 0) }

// observed is a row without bounds.
func observed(name, fault string) row { return seconds(name, fault, free, free) }

func longRows(prefix, fault string, max float64) []row {
	return []row{
		seconds(prefix+"-writer", fault+": active writer learns of it", max, max),
		seconds(prefix+"-watch", fault+": idle watch learns of it", max, max),
		seconds(prefix+"-http2", fault+": HTTP/2 connection with pings learns of it", max, max),
	}
}

func peaceRows(prefix, backend string) []row {
	return []row{
		{prefix + "-processor", backend + " in peace, 5 masters: share of a 1 GHz core", "%", 0.3, 0.3, free, free},
		{prefix + "-memory", backend + " in peace, 5 masters: resident memory", "MB", 16, 16, free, free},
	}
}

// result is what one trial found for one row.
type result struct {
	Row    string   `json:"row"`
	Trial  int      `json:"trial"`
	Value  *float64 `json:"value"` // null: what was waited for did not happen
	Failed *int     `json:"failed,omitempty"`
	Note   string   `json:"note,omitempty"`
	Log    []string `json:"log,omitempty"`
}

// misses tells whether this trial alone breaks a bound.
func (r row) misses(found result) bool {
	return found.Value == nil && !math.IsInf(r.max, 1) || found.Value != nil && *found.Value > r.max ||
		found.Failed != nil && float64(*found.Failed) > math.Min(r.failedMax, r.failedMedian)
}
