import Glibc

/// Time per text, at most `limit` different ones.
struct StateTimes: Hashable, Sendable {
    static let limit = 32
    /// Longer texts, in bytes of UTF-8, are no states: their time is that of others.
    static let maximumLength = 256
    /// In the order in which they came first.
    var times: [State] = []
    /// Microseconds of all others.
    var others: Int64 = 0

    struct State: Hashable, Sendable {
        var text: String
        var time: Int64

        static func == (left: State, right: State) -> Bool {
            left.time == right.time && left.text.hasSameBytes(as: right.text)
        }

        func hash(into hasher: inout Hasher) {
            for byte in text.utf8 { hasher.combine(byte) }
            hasher.combine(time)
        }
    }

    mutating func add(_ text: String, _ time: Int64) {
        for index in times.indices where times[index].text.hasSameBytes(as: text) {
            times[index].time = times[index].time.clampedSum(time)
            return
        }
        if times.count < Self.limit, text.utf8.count <= Self.maximumLength {
            times.append(State(text: text, time: time))
        } else {
            others = others.clampedSum(time)
        }
    }

    consuming func adding(_ text: String, _ time: Int64) -> StateTimes {
        add(text, time)
        return self
    }

    consuming func adding(_ later: StateTimes) -> StateTimes {
        for state in later.times { add(state.text, state.time) }
        others = others.clampedSum(later.others)
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
