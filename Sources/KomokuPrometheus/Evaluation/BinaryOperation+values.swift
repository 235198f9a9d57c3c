internal import Glibc

extension BinaryOperation.Sign {
    /// Of a comparison, 1 or 0.
    func apply(_ a: Double, _ b: Double) -> Double {
        switch self {
        case .plus: a + b
        case .minus: a - b
        case .times: a * b
        case .divided: a / b
        case .remainder: fmod(a, b)
        case .power: pow(a, b)
        case .arcTangent: atan2(a, b)
        case .equal: a == b ? 1 : 0
        case .notEqual: a != b ? 1 : 0
        case .less: a < b ? 1 : 0
        case .lessOrEqual: a <= b ? 1 : 0
        case .greater: a > b ? 1 : 0
        case .greaterOrEqual: a >= b ? 1 : 0
        case .and, .or, .unless: absent
        }
    }
}

extension BinaryOperation {
    /// The metric keeps its name where values are only left out.
    var keepsName: Bool { sign.isComparison && !givesBoolean || sign.isSet }

    /// What is left of two values.
    ///
    /// - Parameter kept: what a comparison leaves.
    func result(_ a: Double, _ b: Double, kept: Double) -> Double {
        let value = sign.apply(a, b)
        guard sign.isComparison, !givesBoolean else { return value }
        return value == 1 ? kept : absent
    }
}
