internal import Komoku

/// Members of a command's body, as commands need them.
extension JSON {
    /// The member `key`, any text.
    func keyText(_ member: String = "key") throws(Refusal) -> String {
        guard let text = self[member]?.string else { throw .invalidQuery }
        return text
    }

    func keyName(_ member: String = "key") throws(Refusal) -> KeyName {
        let text = try keyText(member)
        guard let name = KeyName(text) else { throw Refusal(.invalidKey, "'\(text)' cannot be the name of a key") }
        return name
    }

    /// A pattern of keys, nil where it is absent or null.
    func pattern(_ member: String) throws(Refusal) -> KeyPattern? {
        guard let text = try text(member) else { return nil }
        guard let pattern = try? KeyPattern(validating: text) else {
            throw Refusal(.invalidKey, "'\(text)' is no pattern: '*' and '**' stand for whole segments of a name")
        }
        return pattern
    }

    /// `time` in seconds; nil where it is absent or null, which is now.
    func time() throws(Refusal) -> Timestamp? {
        guard let time = self["time"], !time.isNull else { return nil }
        guard let number = time.number, let time = Timestamp(seconds: number) else { throw .invalidQuery }
        return time
    }

    /// A time as a number of seconds or as text with a zone, nil where it is absent or null.
    func moment(_ name: String) throws(Refusal) -> Timestamp? {
        guard let member = self[name], !member.isNull else { return nil }
        /// The ends of the years -9999 and 9999, seconds from 1970.
        let farthest = 253_402_300_799.0
        let time: Timestamp? =
            switch member {
            // A bound beyond all times is as good as the farthest time.
            case .number(let seconds): Timestamp(seconds: min(max(seconds, -farthest), farthest))
            case .string(let text): Timestamp(dated: text)
            default: nil
            }
        guard let time else {
            throw .invalidQuery("'\(name)' is no time; give seconds since 1970 or 2026-01-31T08:30:00+01:00")
        }
        return time
    }

    /// A boolean member, `default` where it is absent or null.
    func flag(_ name: String, default absent: Bool = false) throws(Refusal) -> Bool {
        guard let member = self[name], !member.isNull else { return absent }
        guard let flag = member.bool else { throw .invalidQuery }
        return flag
    }

    /// A text member, nil where it is absent or null.
    func text(_ name: String) throws(Refusal) -> String? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let text = member.string else { throw .invalidQuery("'\(name)' is a text") }
        return text
    }

    /// A whole number in `range`, nil where it is absent or null.
    func count(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let count = member.number.flatMap({ Int(exactly: $0) }), range.contains(count) else {
            let bound =
                range.upperBound == .max ? "from \(range.lowerBound) on" : "\(range.lowerBound) to \(range.upperBound)"
            throw .invalidQuery("'\(name)' is a whole number, \(bound)")
        }
        return count
    }
}
