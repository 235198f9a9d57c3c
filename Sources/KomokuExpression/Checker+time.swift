import Komoku

/// What is easily mistaken about dates and the sun.
extension Checker {
    /// `date` is a whole date, and so never `12-24`.
    mutating func warnOfDate(_ left: Syntax, _ right: Syntax) {
        for (name, literal) in [(left, right), (right, left)] {
            guard isClock(name, "date"), case .literal(.string(let text)) = literal.form, !Self.isDate(text) else {
                continue
            }
            warn(
                at: literal, "date is never '\(text.prefix(40))', but like '2026-12-24'",
                remedy: "write ends_with(date, '-12-24'), or month = 12 and day = 24")
        }
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [4, 2, 2]
            && parts.joined().allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    /// `now > sunset and now < sunrise`: both are of the present day, so the night is one or the other.
    mutating func warnOfNight(_ left: Syntax, _ right: Syntax, at syntax: Syntax) {
        guard
            isNow(left, later: true, than: "sunset") && isNow(right, later: false, than: "sunrise")
                || isNow(right, later: true, than: "sunset") && isNow(left, later: false, than: "sunrise")
        else { return }
        warn(
            at: syntax, "sunset and sunrise are those of the present day: this is not the night",
            remedy: "write is_night, or elevation < -4 for darkness")
    }

    private func isNow(_ syntax: Syntax, later: Bool, than sun: String) -> Bool {
        guard case .infix(let infix, let left, let right) = syntax.form else { return false }
        let isLater: Bool
        switch infix {
        case .greater, .greaterOrEqual: isLater = true
        case .less, .lessOrEqual: isLater = false
        default: return false
        }
        return isClock(left, "now") && isLater == later && isSun(right, sun)
            || isClock(right, "now") && isLater != later && isSun(left, sun)
    }

    /// The time of the sun, or one that long before or after it.
    private func isSun(_ syntax: Syntax, _ sun: String) -> Bool {
        switch syntax.form {
        case .infix(.plus, let base, let offset), .infix(.minus, let base, let offset):
            if case .duration = offset.form { isClock(base, sun) } else { false }
        default: isClock(syntax, sun)
        }
    }

    private func isClock(_ syntax: Syntax, _ word: String) -> Bool {
        switch syntax.form {
        case .name(let name, false): name.text.utf8.elementsEqual(word.utf8) && environment.locals[word] == nil
        case .call(let function, _): function.name.utf8.elementsEqual(word.utf8)
        default: false
        }
    }
}
