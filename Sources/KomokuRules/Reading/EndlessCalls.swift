import Komoku
import KomokuYAML

/// Finds scripts and rules that call each other for ever: each does so whatever the values, and before any step that waits
/// for something but the call itself.
struct EndlessCalls {
    private let rules: [Rule]
    private let report: SettingsReport

    init(_ rules: [Rule], _ report: SettingsReport) {
        self.rules = rules
        self.report = report
    }

    private struct Call {
        let name: String
        let position: SourcePosition
    }

    func run() {
        var calls: [String: [Call]] = [:]
        for rule in rules {
            let found = Self.calls(of: rule.procedure)
            if !found.isEmpty { calls[rule.name] = found }
        }
        var settled: Set<String> = []
        for rule in rules where calls[rule.name] != nil && !settled.contains(rule.name) {
            search(from: rule.name, calls, &settled)
        }
    }

    private static func calls(of procedure: Procedure) -> [Call] {
        var found: [Call] = []
        for instruction in procedure.instructions {
            let calls = instruction.operation.calls
            if instruction.isUnconditional {
                found += calls.map { Call(name: $0.name, position: instruction.position) }
            }
            // A script that is waited for is where it goes on.
            if instruction.operation.ends || instruction.operation.waits && calls.isEmpty { return found }
        }
        return found
    }

    /// Depth first with a stack of its own: chains may be long.
    private func search(from start: String, _ calls: [String: [Call]], _ settled: inout Set<String>) {
        var path: [(name: String, next: Int)] = [(start, 0)]
        var places = [start: 0]
        while let (name, next) = path.last {
            guard let call = calls[name]?.dropFirst(next).first else {
                path.removeLast()
                places[name] = nil
                settled.insert(name)
                continue
            }
            path[path.count - 1].next += 1
            if let place = places[call.name] {
                tell(path[place...].map(\.name) + [call.name], call)
            } else if !settled.contains(call.name) {
                places[call.name] = path.count
                path.append((call.name, 0))
            }
        }
    }

    private func tell(_ names: [String], _ call: Call) {
        let chain = names.count > 8 ? names.prefix(4) + ["…"] + names.suffix(3) : names[...]
        report.warning(
            at: call.position, "this call never ends: \(chain.joined(separator: " calls "))",
            remedy: "put it into an 'if', or wait before it")
    }
}
