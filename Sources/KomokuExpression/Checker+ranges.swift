import Komoku

/// Numbers of which it is known between which others they always are: hours, days of the week, parts.
extension Checker {
    /// Says where a number is compared with one that it never is.
    mutating func warnOfRange(_ part: Checked, _ syntax: Syntax, _ other: Checked, at place: Syntax) {
        guard let range = part.range, let number = other.constant?.number, !range.contains(number) else { return }
        warn(
            at: place, "\(syntax) is \(range.shown), never \(DecimalNumber.text(number))",
            remedy: remedy(syntax, number))
    }

    /// Says where a comparison comes out the same whatever the time.
    mutating func warnOfRange(
        _ order: Order, _ a: Checked, _ left: Syntax, _ b: Checked, _ right: Syntax, at place: Syntax
    ) {
        if let range = a.range, let number = b.constant?.number {
            warn(order, range, number, left, at: place)
        } else if let range = b.range, let number = a.constant?.number {
            warn(order.mirrored, range, number, right, at: place)
        }
    }

    private mutating func warn(
        _ order: Order, _ range: ClosedRange<Double>, _ number: Double, _ syntax: Syntax, at place: Syntax
    ) {
        let outcomes = Set([range.lowerBound, range.upperBound].map { order.holds($0, number) })
        guard outcomes.count == 1, let always = outcomes.first else { return }
        warn(at: place, "\(syntax) is \(range.shown): this is always \(always)", remedy: remedy(syntax, number))
    }

    private func remedy(_ syntax: Syntax, _ number: Double) -> String? {
        switch syntax.form {
        case .name(let name, false) where name.text == "weekday" && number == 0: "7 is Sunday, 1 is Monday"
        case .name(let name, false) where name.text == "hour" && number == 24: "midnight is hour 0"
        case .call(.fraction, _) where number > 1:
            "it is a part of the whole: \(DecimalNumber.text(number / 100)) is \(DecimalNumber.text(number)) %"
        default: nil
        }
    }
}

extension ClosedRange<Double> {
    fileprivate var shown: String { "\(DecimalNumber.text(lowerBound)) to \(DecimalNumber.text(upperBound))" }
}

extension Order {
    fileprivate var mirrored: Order {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }
}
