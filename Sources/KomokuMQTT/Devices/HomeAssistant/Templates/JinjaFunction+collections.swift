internal import Komoku

/// Filters and methods of lists and objects, and those that choose.
extension JinjaFunction {
    static let fallback = JinjaFunction(["value", "default_value", "boolean"], required: 1) { arguments in
        let value = arguments[0] ?? .undefined
        let isKept = arguments[2]?.isTrue ?? false ? value.isTrue : !value.isUndefined
        return isKept ? value : arguments[1] ?? .string("")
    }.shallow

    static let isDefined = of { (value) throws(JinjaError) in
        if value.isUndefined { throw .undefined }
        return value
    }.shallow.marked(\.isCheckOfPresence)

    static let iif = JinjaFunction(["value", "if_true", "if_false", "if_none"], required: 1) { arguments in
        let value = arguments[0] ?? .undefined
        if case .none = value, let other = arguments[3] { return other }
        return value.isTrue ? arguments[1] ?? .bool(true) : arguments[2] ?? .bool(false)
    }.shallow

    static let boolean = JinjaFunction(["value", "default"], required: 1) { (arguments) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        switch value {
        case .bool: return value
        case .int, .float: return .bool(value.isTrue)
        case .string(let text):
            switch text.lowercased() {
            case "1", "true", "yes", "on", "enable": return .bool(true)
            case "0", "false", "no", "off", "disable": return .bool(false)
            default: break
            }
        default: break
        }
        if let fallback = arguments[1] { return fallback }
        throw .failed("'\(value.excerpt)' is neither true nor false")
    }.shallow

    static let length = of { (value) throws(JinjaError) in
        switch value {
        case .string(let text): return .int(text.unicodeScalars.count)
        case .dict(let members): return .int(members.count)
        case .list(let items), .tuple(let items): return .int(items.count)
        case .undefined: return .int(0)
        default: throw .failed("'\(value.excerpt)' has no length")
        }
    }.shallow

    static let first: JinjaFunction = of { (value) throws(JinjaError) in
        if case .string(let text) = value { return text.unicodeScalars.first.map { .string(String($0)) } ?? .undefined }
        return try elements(value).first ?? .undefined
    }.shallow

    static let last = of { (value) throws(JinjaError) in
        if case .string(let text) = value { return text.unicodeScalars.last.map { .string(String($0)) } ?? .undefined }
        return try elements(value).last ?? .undefined
    }.shallow

    static let list = of { (value) throws(JinjaError) in .list(try elements(value)) }.shallow

    static let reverse = of { (value) throws(JinjaError) in
        if case .string(let text) = value {
            return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
        }
        return .list(try elements(value).reversed())
    }.shallow

    /// `', '.join(list)`
    static let joinAll = JinjaFunction(["separator", "items"]) { (arguments) throws(JinjaError) in
        var parts: [String] = []
        for item in try elements(arguments[1] ?? .undefined) { parts.append(try text(item)) }
        return .string(try joined(parts, try text(arguments[0])))
    }

    static let get = JinjaFunction(["value", "key", "default"], required: 2) { (arguments) throws(JinjaError) in
        guard case .dict? = arguments[0] else { throw .undefined }
        let found = (arguments[0] ?? .undefined)[arguments[1] ?? .undefined]
        return found.isUndefined ? arguments[2] ?? JinjaValue.none : found
    }.shallow.marked(\.isGet)

    static let keys = members { $0.key }
    static let values = members { $0.value }
    static let items = members { .tuple([$0.key, $0.value]) }

    private static func members(_ part: @escaping @Sendable (JinjaValue.Member) -> JinjaValue) -> JinjaFunction {
        of { (value) throws(JinjaError) in
            guard case .dict(let members) = value else { throw .undefined }
            return .list(members.map(part))
        }.shallow
    }

    /// Home Assistant's.
    static let toJSON = JinjaFunction(
        ["value", "ensure_ascii", "pretty_print", "sort_keys"], required: 1
    ) { (arguments) throws(JinjaError) in
        guard let value = arguments[0], !value.isUndefined else { throw .undefined }
        var style = JinjaValue.JSONStyle()
        style.sortsKeys = arguments[3]?.isTrue ?? false
        style.indent = arguments[2]?.isTrue ?? false ? 2 : nil
        return .string(value.json(style))
    }

    /// Jinja's own, fit for HTML.
    static let toPlainJSON = JinjaFunction(["value", "indent"], required: 1) { (arguments) throws(JinjaError) in
        guard let value = arguments[0], !value.isUndefined else { throw .undefined }
        let indent = arguments[1]?.integer.map { min(max($0, 0), 16) }
        let style = JinjaValue.JSONStyle(isSpaced: true, sortsKeys: true, isEscaped: true, indent: indent)
        return .string(value.json(style))
    }

    static let fromJSON = ofText { (text) throws(JinjaError) in
        guard let value = JinjaValue(parsing: text) else { throw .failed("'\(text.prefix(40))' is not JSON") }
        return value
    }

    static func elements(_ value: JinjaValue) throws(JinjaError) -> [JinjaValue] {
        switch value {
        case .list(let items), .tuple(let items): return items
        case .dict(let members): return members.map(\.key)
        case .string(let text):
            // Each takes some hundred bytes.
            guard text.utf8.count <= 4 * JinjaValue.maximumItems, text.unicodeScalars.count <= JinjaValue.maximumItems
            else { throw .failed("a text of more than \(JinjaValue.maximumItems) characters makes no list") }
            return text.unicodeScalars.map { .string(String($0)) }
        case .undefined: return []
        default: throw .failed("'\(value.excerpt)' is no list")
        }
    }
}
