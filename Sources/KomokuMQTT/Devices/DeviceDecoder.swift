package import Komoku
internal import KomokuHub

/// How a value of a device's property is made of what the device sent.
///
/// What is no value (`null`, an empty text, `NaN`, `unavailable`) gives nothing. What does not fit is refused.
///
/// Of the size of a pointer: the same one is in the plan of each device of a kind.
package indirect enum DeviceDecoder: Sendable {
    /// A number, also as a text; the property's value is it times `scale` plus `offset`. Outside of the range it is refused;
    /// a sentinel is no value.
    case number(range: ClosedRange<Double>? = nil, scale: Double = 1, offset: Double = 0, sentinels: [Double] = [])
    /// Words for true and false, compared exactly; a JSON boolean is taken as it is.
    case boolean(on: [String], off: [String])
    /// A text; nil takes any.
    case text(values: [String]? = nil)
    /// An object or a list as JSON text.
    case json
    /// Anything of another; `null` and the text `None` say that the value is not known.
    case nullable(DeviceDecoder)
    /// Anything else. Not called with `null`.
    case custom(@Sendable (DeviceInput) -> DeviceOutcome)
}

/// What a field holds.
package enum DeviceInput: Sendable {
    case text(String)
    case number(Double)
    case bool(Bool)
    /// An object or an array, as it came.
    case composite(String)

    /// The bytes of a text; nothing else is long.
    fileprivate var length: Int {
        switch self {
        case .text(let text), .composite(let text): text.utf8.count
        case .number, .bool: 0
        }
    }

    /// As it would stand in a plain payload.
    package var text: String {
        switch self {
        case .text(let text), .composite(let text): text
        case .number(let number): DecimalNumber.text(number)
        case .bool(let bool): bool ? "true" : "false"
        }
    }
}

/// What a decoder makes of it.
package enum DeviceOutcome: Sendable {
    case value(Value)
    /// The device says nothing: the last value stays.
    case nothing
    /// The device says that there is no value any more.
    case unknown
    /// The reason, for a person.
    case refused(String)
    /// It does not fit a type that was guessed; the reason, where the guess stands.
    case misfit(String)
}

extension DeviceDecoder {
    /// What a leaf that is `null` says.
    var outcomeOfNull: DeviceOutcome { if case .nullable = self { .unknown } else { .nothing } }

    package func decode(_ input: DeviceInput) -> DeviceOutcome {
        if input.length > Value.maximumStringLength {
            return .refused("longer than \(Value.maximumStringLength / 1024) KiB")
        }
        switch self {
        case .number(let range, let scale, let offset, let sentinels):
            return Self.number(input, range, sentinels) { $0 * scale + offset }
        case .boolean(let on, let off): return Self.boolean(input, on: on, off: off)
        case .text(let values): return Self.text(input, values)
        case .json: return .value(.string(input.text))
        case .nullable(let inner):
            if case .text(let text) = input, text.utf8.elementsEqual("None".utf8) { return .unknown }
            return inner.decode(input)
        case .custom(let decode): return decode(input)
        }
    }

    private static func number(
        _ input: DeviceInput, _ range: ClosedRange<Double>?, _ sentinels: [Double], _ convert: (Double) -> Double
    ) -> DeviceOutcome {
        let number: Double
        switch input {
        case .number(let given): number = given
        case .bool, .composite: return .refused("'\(input.text.prefix(40))' is no number")
        case .text(let text):
            guard Value.infer(text) != nil else { return .nothing }
            guard let parsed = Value.infer(text, as: .numeric)?.number else {
                return .refused("'\(text.prefix(40))' is no number")
            }
            number = parsed
        }
        if sentinels.contains(number) { return .nothing }
        let value = convert(number)
        guard value.isFinite else { return .refused("\(DecimalNumber.text(number)) is too large") }
        if let range, !range.contains(value) {
            return .refused("\(DecimalNumber.text(value)) is outside of \(range.lowerBound) to \(range.upperBound)")
        }
        return .value(.number(value))
    }

    private static func boolean(_ input: DeviceInput, on: [String], off: [String]) -> DeviceOutcome {
        if case .bool(let bool) = input { return .value(.boolean(bool)) }
        let text = input.text
        if on.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return .value(.boolean(true)) }
        if off.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return .value(.boolean(false)) }
        return Value.infer(text) == nil ? .nothing : .refused("'\(text.prefix(40))' is not one of its words")
    }

    private static func text(_ input: DeviceInput, _ values: [String]?) -> DeviceOutcome {
        let text = input.text
        // A word such as `none` or `Unknown` is a text like any other.
        guard let values else { return text.isEmpty ? .nothing : .value(.string(text)) }
        if values.contains(where: { $0.utf8.elementsEqual(text.utf8) }) { return .value(.string(text)) }
        return Value.infer(text) == nil ? .nothing : .refused("'\(text.prefix(40))' is not one of its values")
    }
}
