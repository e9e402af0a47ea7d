// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubePlan

/// What `plan --assume-fresh` does, from the inventory's text to the plan's text and JSON.
struct PlanTime {
    struct Result: Encodable {
        let hosts: Int
        /// CPU of all parts; a machine that does other things besides does not count.
        let seconds: Double
        /// To a checked specification, to a plan, to its text, to its JSON.
        let spec: Double, plan: Double, text: Double, json: Double
        /// Bytes.
        let peakMemory: Int
    }

    let hosts: Int

    func measure() throws -> Result {
        // What is made once in a process, such as templates, is no part of the comparison.
        _ = try Planner(.assumingFresh(HostSpec.cluster(of: 3), bundle: SampleBundle.contents, parallel: 10))
            .initialisation().text
        let (spec, specTime) = try timed { try HostSpec.cluster(of: hosts) }
        let (plan, planTime) = try timed {
            try Planner(.assumingFresh(spec, bundle: SampleBundle.contents, parallel: 10)).initialisation()
        }
        let (text, textTime) = timed { plan.text }
        let (json, jsonTime) = try timed { try plan.json() }
        guard text.utf8.count > hosts, json.count > hosts else { throw Implausible() }
        return Result(
            hosts: hosts, seconds: Meter.rounded(specTime + planTime + textTime + jsonTime), spec: specTime,
            plan: planTime, text: textTime, json: jsonTime, peakMemory: Meter.peakMemory)
    }

    private func timed<Value>(_ body: () throws -> Value) rethrows -> (Value, Double) {
        let meter = Meter()
        let value = try body()
        return (value, meter.cpuSeconds)
    }

    private struct Implausible: Error {}
}
