internal import Glibc
package import Komoku

/// Time per text, at most `limit` different ones.
package struct StateTimes: Hashable, Sendable {
    static let limit = 32
    /// Longer texts, in bytes of UTF-8, are no states: their time is that of others.
    static let maximumLength = 256
    /// In the order in which they came first.
    var times: [State] = []
    /// Microseconds of all others, and how often one of them held.
    var others: Int64 = 0
    var otherCount = 0

    /// What the texts come to that have no entry of their own.
    package struct Others: Hashable, Sendable {
        package var time: Duration
        /// How often one of them held.
        package var count: Int
    }

    /// Nil where there are none.
    var rest: Others? { otherCount == 0 ? nil : Others(time: Duration(microseconds: others), count: otherCount) }

    struct State: Hashable, Sendable {
        var text: String
        var time: Int64
        /// How many points said so.
        var count: Int

        static func == (left: State, right: State) -> Bool {
            left.time == right.time && left.count == right.count && left.text.hasSameBytes(as: right.text)
        }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
            hasher.combine(time)
            hasher.combine(count)
        }
    }

    mutating func add(_ text: String, _ time: Int64, count: Int = 1) {
        for index in times.indices where times[index].text.hasSameBytes(as: text) {
            times[index].time = times[index].time.clampedSum(time)
            times[index].count += count
            return
        }
        if times.count < Self.limit, text.utf8.count <= Self.maximumLength {
            times.append(State(text: text, time: time, count: count))
        } else {
            others = others.clampedSum(time)
            otherCount += count
        }
    }

    consuming func adding(_ text: String, _ time: Int64) -> StateTimes {
        add(text, time)
        return self
    }

    /// - Parameter share: 0 to 1.
    consuming func scaled(by share: Double) -> StateTimes {
        for index in times.indices { times[index].time = Int64(Double(times[index].time) * share) }
        others = Int64(Double(others) * share)
        return self
    }

    consuming func adding(_ later: StateTimes) -> StateTimes {
        for state in later.times { add(state.text, state.time, count: state.count) }
        others = others.clampedSum(later.others)
        otherCount += later.otherCount
        return self
    }
}

extension String {
    /// `==` takes texts for equal that have the same characters in other bytes.
    func hasSameBytes(as other: String) -> Bool {
        if utf8.count != other.utf8.count { return false }
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, utf8.count) == 0
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
