package import Komoku

/// A question about the present values of all keys that match some patterns.
///
/// A key counts where it has a value, of the kind that is asked for; one that is stale has its last value; an event has none.
/// Where no key counts `any` is false, `sum` and the counts are 0, and all else is unknown.
package struct KeysCall: Hashable, Sendable {
    package enum Function: String, Hashable, Sendable, CaseIterable {
        /// Boolean: whether one of them is true, or all of them are.
        case any, all
        /// How many of them are true; how many there are.
        case countTrue = "count_true"
        case count
        /// Of numbers; `avg` gives each the same weight.
        case sum, min, max, avg
        /// The names of those that are true.
        case names
    }

    /// Keys, and what a value has to meet where it is not taken as it is.
    package struct Subject: Hashable, Sendable {
        package let pattern: KeyPattern
        package let condition: HistoryCall.Condition?
    }

    package let function: Function
    package let subjects: [Subject]
}

extension KeysCall {
    /// What was counted so far.
    package struct Tally: Sendable {
        private let function: Function
        private var count = 0
        private var trueCount = 0
        private var sum = 0.0
        private var least = Double.infinity
        private var greatest = -Double.infinity
        private var names: [KeyName] = []

        package init(_ function: Function) {
            self.function = function
        }

        /// Takes a key's value; one of another kind does not count.
        ///
        /// - Parameter name: the key's, where it is asked for.
        package mutating func add(
            _ value: Value, _ condition: HistoryCall.Condition?, _ name: @autoclosure () -> KeyName? = nil
        ) {
            if function == .names {
                let holds = condition.map { $0.holds(value) ?? false } ?? (value == .boolean(true))
                if holds, let name = name() { names.append(name) }
                return
            }
            if let condition {
                guard let holds = condition.holds(value) else { return }
                return add(holds)
            }
            switch (function, value) {
            case (.any, .boolean(let isTrue)), (.all, .boolean(let isTrue)), (.countTrue, .boolean(let isTrue)):
                add(isTrue)
            case (.count, _): count += 1
            case (.sum, .number(let number)), (.min, .number(let number)), (.max, .number(let number)),
                (.avg, .number(let number)):
                count += 1
                sum += number
                least = Swift.min(least, number)
                greatest = Swift.max(greatest, number)
            default: break
            }
        }

        private mutating func add(_ isTrue: Bool) {
            // What is counted of a comparison are the keys for which it holds.
            if function == .count, !isTrue { return }
            count += 1
            if isTrue { trueCount += 1 }
        }

        /// Whether nothing that comes can change the answer.
        package var isSettled: Bool {
            switch function {
            case .any: trueCount > 0
            case .all: trueCount < count
            default: false
            }
        }

        /// Nil for unknown.
        package var answer: Value? {
            switch function {
            case .any: return .boolean(trueCount > 0)
            case .all: return count == 0 ? nil : .boolean(trueCount == count)
            case .countTrue: return .number(Double(trueCount))
            case .count: return .number(Double(count))
            case .names:
                let text = names.sorted().map(\.text).joined(separator: ", ")
                return text.utf8.count <= Value.maximumStringLength ? .string(text) : nil
            case .sum: return .number(sum)
            case .min: return count == 0 ? nil : .number(least)
            case .max: return count == 0 ? nil : .number(greatest)
            case .avg: return count == 0 ? nil : .number(sum / Double(count))
            }
        }
    }
}

extension KeysCall: CustomStringConvertible {
    /// As it would be written, with its values in place.
    package var description: String {
        let parts = subjects.map { subject in
            let pattern = "'\(subject.pattern)'"
            guard let condition = subject.condition else { return pattern }
            return "\(pattern) \(condition.comparison.rawValue) \(Syntax(.literal(condition.value), at: 0..<0))"
        }
        return "\(function.rawValue)(\(parts.joined(separator: ", ")))"
    }
}
