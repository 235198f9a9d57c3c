internal import Komoku

/// Texts with places for values: `'%05.1f' % x`, and `'{:>8}'.format(x)`.
extension PythonFormat {
    // MARK: Percent

    /// - Parameter given: the value, or a tuple of several, or a dictionary for `%(name)s`.
    static func percent(_ pattern: String, _ given: JinjaValue) throws(JinjaError) -> String {
        var values: ArraySlice<JinjaValue> = if case .tuple(let items) = given { items[...] } else { [given] }
        let isDict = if case .dict = given { true } else { false }
        var rest = pattern.unicodeScalars[...]
        var result = ""
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            result += try directive(&rest, &values, given)
            if result.utf8.count > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
        }
        if !values.isEmpty, !isDict { throw .failed("a format has fewer places than values") }
        return result
    }

    private static func directive(
        _ rest: inout Substring.UnicodeScalarView, _ values: inout ArraySlice<JinjaValue>, _ given: JinjaValue
    ) throws(JinjaError) -> String {
        func next() throws(JinjaError) -> JinjaValue {
            guard let value = values.popFirst() else { throw .failed("a format needs more values") }
            return value
        }
        var named: JinjaValue?
        if rest.first == "(", let end = rest.firstIndex(of: ")") {
            named = given[String(rest[rest.index(after: rest.startIndex)..<end])]
            if named?.isUndefined ?? true { throw .failed("a format names a value that is not there") }
            rest = rest[rest.index(after: end)...]
        }
        var format = PythonFormat()
        var isLeft = false
        while let flag = rest.first, "#0- +".unicodeScalars.contains(flag) {
            rest.removeFirst()
            switch flag {
            case "#": format.isAlternate = true
            case "0": (format.fill, format.align) = ("0", "=")
            case "-": isLeft = true
            case " ": if format.sign == "-" { format.sign = " " }
            default: format.sign = "+"
            }
        }
        func count() throws(JinjaError) -> Int? {
            guard rest.first == "*" else { return try number(&rest) }
            rest.removeFirst()
            guard let number = try next().integer, number.magnitude <= UInt(maximumWidth) else {
                throw .failed("a format is wider than \(maximumWidth)")
            }
            if number < 0 { isLeft = true }
            return abs(number)
        }
        format.width = try count() ?? 0
        if rest.first == "." {
            rest.removeFirst()
            format.precision = try count() ?? 0
        }
        while let size = rest.first, "hlL".unicodeScalars.contains(size) { rest.removeFirst() }
        guard let kind = rest.popFirst() else { throw .failed("a format ends after '%'") }
        if kind == "%" { return "%" }
        if isLeft { (format.fill, format.align) = (" ", "<") }
        let value: JinjaValue
        if let named { value = named } else { value = try next() }
        return try format.percent(value, kind)
    }

    private func percent(_ value: JinjaValue, _ kind: Unicode.Scalar) throws(JinjaError) -> String {
        var format = self
        if value.isUndefined, kind != "s" { throw .undefined }
        switch kind {
        case "s", "r", "a":
            format.kind = "s"
            if format.align == "=" { (format.fill, format.align) = (" ", nil) }
            format.align = format.align ?? ">"
            return try format.text(.string(kind == "s" ? value.text : value.representation))
        case "c":
            format.align = format.align ?? ">"
            if case .string(let text) = value, text.unicodeScalars.count == 1 { return try format.text(value) }
            format.kind = "c"
            return try format.text(value)
        case "d", "i", "u", "x", "X", "o":
            guard
                var integer = value.integer
                    ?? (("diu".unicodeScalars.contains(kind) ? value.double : nil).flatMap {
                        Int(exactly: $0.rounded(.towardZero))
                    })
            else { throw .failed("'%\(kind)' takes a whole number") }
            format.kind = "diu".unicodeScalars.contains(kind) ? "d" : kind
            // A precision is the least number of digits.
            guard let digits = format.precision else { return try format.text(.int(integer)) }
            format.precision = nil
            var plain = PythonFormat()
            (plain.kind, plain.width, plain.fill, plain.align) = (format.kind, digits, "0", "=")
            let isNegative = integer < 0
            if isNegative, integer != .min { integer = -integer }
            format.kind = nil
            format.align = format.align ?? ">"
            let body = try plain.text(.int(integer))
            let sign = isNegative ? "-" : format.sign == "-" ? "" : String(format.sign)
            return try format.text(.string(sign + body))
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.double else { throw .failed("'%\(kind)' takes a number") }
            format.kind = kind
            return try format.text(.float(number))
        default: throw .failed("'%\(kind)' is not supported")
        }
    }

    // MARK: Braces

    /// - Parameters:
    ///   - values: by index.
    ///   - names: a dictionary.
    static func braces(
        _ pattern: String, _ values: [JinjaValue], _ names: JinjaValue
    ) throws(JinjaError) -> String {
        var next = 0
        return try braces(pattern, values, names, &next, depth: 0)
    }

    private static func braces(
        _ pattern: String, _ values: [JinjaValue], _ names: JinjaValue, _ next: inout Int, depth: Int
    ) throws(JinjaError) -> String {
        if depth > 2 { throw .failed("a format is nested too deep") }
        var rest = pattern.unicodeScalars[...]
        var result = ""
        while let scalar = rest.popFirst() {
            if scalar == "}" || scalar == "{" && rest.first == "{" {
                guard rest.first == scalar else { throw .failed("a '}' stands alone in a format") }
                rest.removeFirst()
                result.unicodeScalars.append(scalar)
            } else if scalar == "{" {
                let field = try field(&rest)
                let value = try value(field.name, values, names, &next)
                let spec = try braces(field.spec, values, names, &next, depth: depth + 1)
                result += try text(value, field.conversion, spec)
            } else {
                result.unicodeScalars.append(scalar)
            }
            if result.utf8.count > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
        }
        return result
    }

    private static func text(
        _ value: JinjaValue, _ conversion: Unicode.Scalar?, _ spec: String
    ) throws(JinjaError) -> String {
        if value.isUndefined, !spec.isEmpty { throw .undefined }
        switch conversion {
        case nil:
            if case .time(let time) = value, !spec.isEmpty { return try time.text(format: spec) }
            return spec.isEmpty ? value.text : try PythonFormat(spec).text(value)
        case "r", "a": return try PythonFormat(spec).text(.string(value.representation))
        case "s": return try PythonFormat(spec).text(.string(value.text))
        default: throw .failed("a format has '!' before no 'r', 's' or 'a'")
        }
    }

    /// To behind its closing brace.
    private static func field(
        _ rest: inout Substring.UnicodeScalarView
    ) throws(JinjaError) -> (name: String, conversion: Unicode.Scalar?, spec: String) {
        var open = 1
        let inner = rest.prefix { scalar in
            open += scalar == "{" ? 1 : scalar == "}" ? -1 : 0
            return open > 0
        }
        guard inner.count < rest.count else { throw .failed("a '{' is not closed in a format") }
        rest = rest.dropFirst(inner.count + 1)
        let name = inner.prefix { $0 != "!" && $0 != ":" }
        var behind = inner.dropFirst(name.count)
        var conversion: Unicode.Scalar?
        if behind.first == "!" {
            conversion = behind.dropFirst().first
            behind = behind.dropFirst(2)
        }
        return (String(name), conversion, String(behind.dropFirst()))
    }

    /// `0`, `name`, `0.attribute`, `0[key]`
    private static func value(
        _ name: String, _ values: [JinjaValue], _ names: JinjaValue, _ next: inout Int
    ) throws(JinjaError) -> JinjaValue {
        let first = name.prefix { $0 != "." && $0 != "[" }
        var found: JinjaValue
        if first.isEmpty || first.allSatisfy(\.isNumber) {
            let index = first.isEmpty ? next : Int(first) ?? .max
            if first.isEmpty { next += 1 }
            guard values.indices.contains(index) else { throw .failed("a format needs more values") }
            found = values[index]
        } else {
            found = names[String(first)]
            if found.isUndefined { throw .failed("a format names a value that is not there") }
        }
        for part in name.dropFirst(first.count).split(whereSeparator: { ".[]".contains($0) }) {
            let index = Int(part).map { JinjaValue.int($0) }
            found = found[index ?? .string(String(part))]
        }
        return found
    }
}

extension JinjaFunction {
    /// `'%.1f' | format(x)`
    static let format: JinjaFunction = {
        var function = JinjaFunction(["value"]) { (arguments) throws(JinjaError) in
            let pattern = (arguments[0] ?? .undefined).text
            if case .dict? = arguments[1] {
                return .string(try PythonFormat.percent(pattern, arguments[1] ?? .undefined))
            }
            let values = arguments.dropFirst(2).map { $0 ?? .undefined }
            return .string(try PythonFormat.percent(pattern, .tuple(values)))
        }
        (function.takesNames, function.takesMore) = (true, true)
        return function
    }()

    /// `'{:.1f}'.format(x)`
    static let formatMethod: JinjaFunction = {
        var function = JinjaFunction(["value"]) { (arguments) throws(JinjaError) in
            let values = arguments.dropFirst(2).map { $0 ?? .undefined }
            return .string(
                try PythonFormat.braces(try text(arguments[0]), values, (arguments[1] ?? nil) ?? .dict([])))
        }
        (function.takesNames, function.takesMore) = (true, true)
        return function
    }()
}
