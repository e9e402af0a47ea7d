// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTestSupport
import HakubePlan
import HakubeTransport
import Testing

/// A folder with what a cluster has, and a kubectl for scripts of the settle phase that reads and changes it. Go templates are
/// not carried out: it prints what they would.
struct StandInKubectl {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        for name in ["nodes", "deployment", "pools", "hosts", "pods", "calls"] { try folder.write("", to: name) }
    }

    /// Changes that were asked for since the last time.
    func calls() throws -> [String] {
        let text = folder.text(of: "calls") ?? ""
        try folder.write("", to: "calls")
        return text.split(separator: "\n").map(String.init)
    }

    func lines(_ name: String) -> [String] {
        (folder.text(of: name) ?? "").split(separator: "\n").map(String.init).sorted()
    }

    func set(_ name: String, _ lines: [String]) throws {
        try folder.write(lines.map { "\($0)\n" }.joined(), to: name)
    }

    func isDone(_ step: Step) throws -> Bool { try run(#require(step.unless)) == 0 }

    /// Carries a step out as the engine does, and says whether it was needed.
    @discardableResult
    func perform(_ step: Step) throws -> Bool {
        if try isDone(step) { return false }
        guard case .run(let script) = step.action else { throw LocalProgram.Failure(description: step.id) }
        #expect(try run(script) == 0, "\(step.id)")
        #expect(try isDone(step), "\(step.id) is done and does not know it")
        return true
    }

    private func run(_ script: Script) throws -> Int {
        try LocalShell.run(Script("cd \(folder.path)\n\(Self.functions)\n\(script.text)")).status
    }

    private static let functions = #"""
        kubectl() {
            shift 2
            [ "$1" != -n ] || shift 2
            verb=$1
            shift
            case $verb in
                get) answer "$@" ;;
                label) echo "label $*" >> calls; shift 2; marks label "$@" ;;
                taint) echo "taint $*" >> calls; shift 2; marks taint "$@" ;;
                patch) echo "patch $*" >> calls; patch "$@" ;;
                apply) apply ;;
                annotate) echo "annotate $1 $2 $3 ${4%%=*}" >> calls; echo "${4#*=}" > annotation ;;
                rollout) ;;
                delete) echo "delete $*" >> calls; remove "$@" ;;
            esac
        }
        answer() {
            case "$*" in
                "nodes -l"*) echo "$3" > selector; cat hosts ;;
                nodes*)
                    shift
                    lenient=
                    case "$*" in *--ignore-not-found*) lenient=1 ;; esac
                    for word in "$@"; do
                        case $word in -*) break ;; esac
                        if grep -q "^$word stands" nodes; then grep "^$word " nodes
                        elif [ -z "$lenient" ]; then return 1; fi
                    done ;;
                "deployment coredns"*) cat deployment ;;
                "pods -l"*) cat pods ;;
                *'$key}} {{end}}') sed 's/=.*/ /' pools | tr -d '\n' ;;
                "configmap kubevip"*) cat pools ;;
                "deployment kube-vip"*) [ ! -e annotation ] || cat annotation ;;
                "-f -"*) cat >/dev/null; [ -e objects ] ;;
                "--ignore-not-found -o name"*) [ ! -e objects ] || echo something ;;
            esac
        }
        # One group of nodes, then what they get and lose.
        marks() {
            kind=$1
            shift
            names=
            while [ $# -gt 0 ]; do
                case $1 in *=* | *-) break ;; esac
                names="$names $1"
                shift
            done
            for name in $names; do
                for word in "$@"; do
                    case $kind$word in
                        label*=*) sed -i "\|^$name label ${word%%=*}=|d" nodes; echo "$name label $word" >> nodes ;;
                        label*-) sed -i "\|^$name label ${word%-}=|d" nodes ;;
                        taint*-)
                            word=${word%-}
                            grep -q "^$name taint ${word##*:} ${word%%:*}=" nodes || return 1
                            sed -i "\|^$name taint ${word##*:} ${word%%:*}=|d" nodes ;;
                        taint*)
                            sed -i "\|^$name taint ${word##*:} ${word%%=*}=|d" nodes
                            echo "$name taint ${word##*:} ${word%:*}" >> nodes ;;
                    esac
                done
            done
        }
        patch() {
            case "$*" in
                "configmap kubevip"*)
                    key=${6#*\{\"data\":\{\"}
                    sed -i "/^${key%%\"*}=/d" pools ;;
                *) printf '%s\n' "$6" > patched; [ ! -e after ] || cp after deployment ;;
            esac
        }
        apply() {
            cat > applied
            if grep -q '^kind: ConfigMap' applied; then
                echo "apply pools" >> calls
                sed -n 's/^  \(range-[a-z-]*\): "\(.*\)"$/\1=\2/p' applied > fresh
                while IFS='=' read -r key value; do sed -i "/^$key=/d" pools; done < fresh
                cat fresh >> pools
            else
                echo "apply provider" >> calls
                touch objects
            fi
        }
        # The scheduler gives a new pod to the first host without one.
        remove() {
            case $1 in
                pod)
                    sed -i "/^pod $2 /d" pods
                    while read -r _ host; do
                        grep -q " $host\$" pods || { echo "pod $2-new $host" >> pods; break; }
                    done < hosts ;;
                *) rm -f objects ;;
            esac
        }
        """#
}
