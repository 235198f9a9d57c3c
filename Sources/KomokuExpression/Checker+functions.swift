import Komoku

extension Checker {
    mutating func check(_ function: Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        guard function.counts.contains(arguments.count) else {
            fault(
                at: syntax,
                "\(function.rawValue) does not take \(arguments.count) argument\(arguments.count == 1 ? "" : "s")",
                remedy: "write \(function.usage)")
            return nil
        }
        guard environment.offers.isSuperset(of: function.needs) else {
            refuse(function, function.needs, at: syntax)
            return nil
        }
        if function == .timeBetween { return timeBetween(arguments, at: syntax) }
        if let call = function.clock { return read(call) }
        if let call = history(function, arguments) { return check(call, arguments, at: syntax) }
        switch function {
        case .known: return known(arguments[0])
        case .stale: return stale(arguments[0])
        case .online: return online(arguments[0])
        case .number, .text, .bool: return conversion(function, arguments[0], at: syntax)
        case .format: return format(arguments, at: syntax)
        case .lower, .upper, .trim, .length, .contains, .startsWith, .endsWith, .matches, .replace, .substring,
            .splitPart:
            return text(function, arguments, at: syntax)
        default: return numeric(function, arguments, at: syntax)
        }
    }

    mutating func refuse(_ function: Function, _ needs: Offers, at syntax: Syntax) {
        let (reason, remedy) = needs.refusal
        fault(at: syntax, "'\(function.rawValue)' \(reason)", remedy: remedy)
    }

    /// All of them, or nil where one has a fault.
    private mutating func checkAll(_ parts: [Syntax], _ check: (inout Checker, Syntax) -> Checked?) -> [Checked]? {
        let checked = parts.map { check(&self, $0) }
        let found = checked.compactMap { $0 }
        return found.count == parts.count ? found : nil
    }

    // MARK: - Numbers

    private mutating func numeric(_ function: Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let reason = "\(function.rawValue) takes numbers"
        guard let operands = checkAll(arguments, { $0.check($1, as: .number, reason) }) else { return nil }
        let codes = operands.map(\.code)
        var measure = operands[0].measure
        if function != .round {
            for (operand, argument) in zip(operands, arguments).dropFirst() {
                warnOfMeasures(operands[0], arguments[0], operand, argument, at: syntax)
                measure = measure.joined(operand.measure)
            }
        }
        let code: Code? =
            switch function {
            case .min: .minimum(codes)
            case .max: .maximum(codes)
            case .clamp: clamp(operands, arguments)
            case .abs: .absolute(codes[0])
            case .floor: .floor(codes[0])
            case .ceil: .ceil(codes[0])
            default: round(codes[0], arguments)
            }
        return code.map { result($0, .number, of: operands, measure: measure, at: syntax) }
    }

    private mutating func clamp(_ operands: [Checked], _ arguments: [Syntax]) -> Code? {
        if let least = operands[1].constant?.number, let greatest = operands[2].constant?.number, least > greatest {
            fault(at: arguments[1], "the least of clamp is above its greatest", remedy: "swap the two")
            return nil
        }
        return .clamp(operands[0].code, operands[1].code, operands[2].code)
    }

    private mutating func round(_ code: Code, _ arguments: [Syntax]) -> Code? {
        guard arguments.count > 1 else { return .round(code, decimals: 0) }
        return decimals(arguments[1], of: .round).map { .round(code, decimals: $0) }
    }

    private mutating func decimals(_ syntax: Syntax, of function: Function) -> Int? {
        if case .literal(.number(let number)) = syntax.form, let decimals = Int(exactly: number), 0...15 ~= decimals {
            return decimals
        }
        fault(at: syntax, "the decimals of \(function.rawValue) are a whole number from 0 to 15")
        return nil
    }

    private mutating func format(_ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let operand = check(arguments[0], as: .number, "format takes a number")
        guard let decimals = decimals(arguments[1], of: .format), let operand else { return nil }
        return result(.format(operand.code, decimals: decimals), .text, of: [operand], at: syntax)
    }

    // MARK: - Texts

    private mutating func text(_ function: Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let name = function.rawValue
        let texts = function == .substring ? 1 : function == .splitPart ? 2 : arguments.count
        let first = checkAll(Array(arguments.prefix(texts))) {
            $0.check($1, as: .text, "\(name) takes text", remedy: "write text(\($1))")
        }
        let rest = checkAll(Array(arguments.dropFirst(texts))) {
            $0.check($1, as: .number, "\(name) takes a number here")
        }
        guard let first, let rest, let operation = function.textFunction else { return nil }
        if function == .replace || function == .splitPart, first[1].constant == .string("") {
            fault(at: arguments[1], "the text to look for is empty")
            return nil
        }
        if function == .matches, let pattern = first[1].constant?.string, Glob(pattern) == nil {
            fault(at: arguments[1], Glob.refusal)
            return nil
        }
        let kind: ValueKind =
            switch function {
            case .length: .number
            case .contains, .startsWith, .endsWith, .matches: .boolean
            default: .text
            }
        let operands = first + rest
        // A part may be missing, a count may not be whole, and a result may be too long.
        let mayFail = [.matches, .replace, .splitPart, .substring, .lower, .upper].contains(function)
        return result(
            .text(operation, operands.map(\.code)), kind, of: operands,
            mayBeUnknown: mayFail || operands.contains { $0.mayBeUnknown }, at: syntax)
    }

    private mutating func conversion(_ function: Function, _ argument: Syntax, at syntax: Syntax) -> Checked? {
        guard let operand = check(argument) else { return nil }
        let (kind, operation): (ValueKind, TextFunction) =
            switch function {
            case .text: (.text, .text)
            case .bool: (.boolean, .boolean)
            default: (.number, .number)
            }
        let mayFail = kind != .text && operand.kind != kind && !(kind == .number && operand.kind == .boolean)
        return result(
            .text(operation, [operand.code]), kind, of: [operand], mayBeUnknown: operand.mayBeUnknown || mayFail,
            measure: kind == .number && operand.kind == .number ? operand.measure : .any, at: syntax)
    }

    // MARK: - State and time

    private mutating func known(_ argument: Syntax) -> Checked? {
        guards += 1
        defer { guards -= 1 }
        guard let operand = check(argument) else { return nil }
        if !operand.mayBeUnknown, !proven.contains(argument.form) { warn(at: argument, "\(argument) is never unknown") }
        return Checked(code: .known(operand.code), kind: .boolean, mayBeUnknown: false)
    }

    private mutating func stale(_ argument: Syntax) -> Checked? {
        guard let (subject, _) = self.subject(argument, of: .stale) else { return nil }
        switch subject {
        case .key(let name): return read(.state(.stale(name)), .init(.boolean, mayBeUnknown: false))
        case .computed(let key):
            reads.add(key)
            return Checked(
                code: .computed(ComputedReference(kind: .stale(key))), kind: .boolean, mayBeUnknown: true)
        }
    }

    private mutating func online(_ argument: Syntax) -> Checked? {
        guard let device = check(argument, as: .text, "online takes the name of a device", remedy: "write it in quotes")
        else { return nil }
        if case .string(let name)? = device.code.constant {
            return read(.state(.online(device: name)), .init(.boolean))
        }
        reads.add(device: nil)
        return Checked(
            code: .computed(ComputedReference(kind: .online(device.code))), kind: .boolean, mayBeUnknown: true)
    }

    mutating func read(_ call: ClockCall) -> Checked {
        var checked = read(.clock(call), .init(call.kind, mayBeUnknown: call.mayBeUnknown))
        checked.measure = call.measure
        checked.range = call.range
        return checked
    }

    private mutating func timeBetween(_ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let times = arguments.map { argument -> ClockCall.TimeOfDay? in
            if case .literal(.string(let text)) = argument.form, let time = ClockCall.TimeOfDay(text) { return time }
            fault(at: argument, "\(argument) is not a time of day", remedy: Self.remedy(forTime: argument))
            return nil
        }
        guard let from = times[0], let to = times[1] else { return nil }
        if from == to { warn(at: syntax, "the two times are the same: this is always false") }
        return read(.timeBetween(from: from, to: to))
    }

    private static func remedy(forTime syntax: Syntax) -> String {
        if case .literal(.string("24:00")) = syntax.form { return "write '00:00'" }
        return "write it like '22:00'"
    }
}

extension ClockCall {
    fileprivate var kind: ValueKind {
        switch self {
        case .date: .text
        case .timeBetween, .isNight: .boolean
        default: .number
        }
    }

    fileprivate var measure: Measure {
        switch self {
        case .now, .sunrise, .sunset, .nextSunrise, .nextSunset, .previousSunrise, .previousSunset: .instant
        case .elevation, .azimuth: .unit("°")
        default: .any
        }
    }

    /// Between which numbers it is.
    fileprivate var range: ClosedRange<Double>? {
        switch self {
        case .hour: 0...23
        case .minute: 0...59
        case .weekday: 1...7
        case .month: 1...12
        case .day: 1...31
        case .elevation: -90...90
        case .azimuth: 0...360
        default: nil
        }
    }

    /// In summer and winter near the poles.
    fileprivate var mayBeUnknown: Bool {
        switch self {
        case .sunrise, .sunset, .nextSunrise, .nextSunset, .previousSunrise, .previousSunset: true
        default: false
        }
    }

    var needs: Offers {
        switch self {
        case .elevation, .azimuth, .isNight: .sun
        default: mayBeUnknown ? .sun : .clock
        }
    }
}

extension Function {
    /// What is asked without arguments.
    var clock: ClockCall? {
        switch self {
        case .now: .now
        case .hour: .hour
        case .minute: .minute
        case .weekday: .weekday
        case .date: .date
        case .month: .month
        case .day: .day
        case .sunrise: .sunrise
        case .sunset: .sunset
        case .elevation: .elevation
        case .azimuth: .azimuth
        case .isNight: .isNight
        case .nextSunrise: .nextSunrise
        case .nextSunset: .nextSunset
        case .previousSunrise: .previousSunrise
        case .previousSunset: .previousSunset
        default: nil
        }
    }

    fileprivate var textFunction: TextFunction? {
        switch self {
        case .lower: .lower
        case .upper: .upper
        case .trim: .trim
        case .length: .length
        case .contains: .contains
        case .startsWith: .startsWith
        case .endsWith: .endsWith
        case .matches: .matches
        case .replace: .replace
        case .substring: .substring
        case .splitPart: .splitPart
        default: nil
        }
    }
}

extension Function {
    /// Whether a name without arguments asks the clock: `hour`.
    package static func isClock(_ name: String) -> Bool { Function(rawValue: name)?.clock != nil }
}
