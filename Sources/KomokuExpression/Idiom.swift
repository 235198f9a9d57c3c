import Komoku

/// What people write who know another language, and what is meant by it here: the ends of messages.
package enum Idiom {
    /// Signs that begin nothing, the longer ones first.
    static let signs: [(sign: String, remedy: String)] = [
        ("===", "write ="), ("!==", "write !="), ("&&", "write and"), ("||", "write or"), ("<>", "write !="),
        ("=>", "write >="), ("=<", "write <="),
    ]

    /// - Parameter last: the token before.
    static func remedy(for scalar: String, next: UInt8, after last: Token.Kind?) -> String? {
        switch scalar {
        case "&": return "write and"
        case "|": return "write or"
        case "!": return "write not"
        case "≠": return "write !="
        case "≤": return "write <="
        case "≥": return "write >="
        case "−", "–": return "write -"
        case "×": return "write *"
        case "÷": return "write /"
        case "‘", "’", "“", "”": return "write '"
        case "\u{A0}": return "write a space"
        case "?": return "write if a then b else c"
        case "{", "}", "$": return "names stand here by themselves, without braces"
        case "°": return "numbers have no unit, but for durations: 5m"
        case "#": return "there are no comments in an expression"
        case ".": return remedy(forPointBefore: next, after: last)
        case ":":
            if case .literal(.number)? = last { return "a time of day is text: time_between('22:00', '06:00')" }
            return "for decimals write format(a, 1), for a choice if a then b else c"
        default: return nil
        }
    }

    private static func remedy(forPointBefore next: UInt8, after last: Token.Kind?) -> String? {
        if UInt8(ascii: "0")...UInt8(ascii: "9") ~= next { return "write 0. before the digits" }
        return last == .infix(.times) ? "a pattern stands for no value; name the keys" : nil
    }

    /// What stands instead of a word between two values, or behind one.
    static func remedy(for word: String, after last: Token.Kind, before next: Token.Kind) -> String? {
        if case .literal(.number(let number)) = last, let unit = unit(word) {
            return "write \(DecimalNumber.text(number))\(unit)"
        }
        switch word.lowercased() {
        case "is": return next == .not ? "write !=" : "write ="
        case "isnt", "isn": return "write !="
        case "equals", "eq", "like": return "write ="
        case "above", "over", "gt", "greater", "more": return "write >"
        case "below", "under", "lt", "less": return "write <"
        case "between": return "write a >= b and a <= c"
        case "contains", "matches", "starts_with", "ends_with": return "write \(word.lowercased())(a, b)"
        case "mod": return "write %"
        case "for": return "write 'for' beside the expression: {becomes: …, for: 5m}"
        default: return nil
        }
    }

    /// A number with something behind it.
    static func remedy(forNumber text: String) -> String? {
        duration(text).map { "write \($0)" }
    }

    /// `5 minutes` and `5min` as they are written here; nil for anything else.
    package static func duration(_ text: String) -> String? {
        let count = text.prefix { "0123456789.".contains($0) }
        guard !count.isEmpty, let unit = unit(text.dropFirst(count.count).filter { $0 != " " }) else { return nil }
        return "\(count)\(unit)"
    }

    private static func unit(_ word: String) -> String? {
        switch word.lowercased() {
        case "ms", "msec", "millis", "milliseconds": "ms"
        case "s", "sec", "secs", "second", "seconds": "s"
        case "m", "min", "mins", "minute", "minutes": "m"
        case "h", "hr", "hrs", "hour", "hours": "h"
        case "d", "day", "days": "d"
        case "w", "week", "weeks": "w"
        case "y", "year", "years": "y"
        default: nil
        }
    }

    /// Functions that there are not.
    static func remedy(forFunction name: String) -> String? {
        switch name.lowercased() {
        case "average", "mean": "write avg(key, 10m)"
        case "total": "write sum(key, 1d)"
        case "len", "size": "write length(text)"
        case "int", "trunc": "write round(a) or floor(a)"
        case "float", "tonumber", "parse": "write number(text)"
        case "str", "string", "tostring": "write text(value)"
        case "concat", "join": "texts are joined in a template: {text: \"{a} and {b}\"}"
        case "uppercase", "toupper": "write upper(text)"
        case "lowercase", "tolower": "write lower(text)"
        case "strip": "write trim(text)"
        case "split": "write split_part(text, ',', 1)"
        case "substr": "write substring(text, 1, 3)"
        case "regex", "regexp", "search", "is_match": "write regex_search(text, 'pattern')"
        case "regex_findall", "regex_findall_index", "extract", "group": "write capture(text, 'pattern', 1)"
        case "replace_all", "regexp_replace", "sub", "gsub":
            "write regex_replace(text, 'pattern', 'other'), or replace(text, 'a', 'b')"
        case "states", "state", "is_state", "get", "value": "write the key itself: hall.light"
        case "defined", "is_defined", "exists", "has_value", "isnull": "write known(key)"
        case "default", "coalesce", "ifnull": "write a ?? b"
        case "iif": "write if a then b else c"
        case "between": "write a >= b and a <= c, or time_between('22:00', '06:00')"
        case "last_changed", "last_updated", "time_since":
            "since(key) is the time since it changed, age(key) since it was heard of"
        case "ln", "log10", "log2": "write log(a), or log(a, 10)"
        case "power": "write pow(a, b)"
        case "rand", "randint", "uniform": "write random(a, b)"
        case "pick", "sample", "shuffle": "write choice(a, b, c)"
        case "from_json", "fromjson", "parse_json", "to_json": "write json(text, 'a.b')"
        case "timestamp_custom", "format_time", "date_format", "as_local": "write strftime(now, '%H:%M')"
        case "diff", "difference", "increase": "write delta(key, 1d)"
        case "derivative": "write rate(key, 1h)"
        case "average_of", "sum_of", "every", "some":
            "write avg('*.temperature'), sum('*.power'), all('*.lock') or any('*.window')"
        case "today", "time": "write date, weekday, hour or minute"
        default: nil
        }
    }

    /// A literal of one kind beside something of another: `hall.motion = 1`, `weekday = 'mon'`.
    static func remedy(for syntax: Syntax, of kind: ValueKind, beside other: Syntax) -> String? {
        if case .name(let name, false) = other.form, kind == .number, case .literal(.string) = syntax.form {
            switch name.text {
            case "weekday": return "weekday is a number: 1 is Monday, 7 Sunday"
            case "month": return "month is a number from 1 to 12"
            default: break
            }
        }
        return remedy(forText: syntax, insteadOf: kind)
    }

    /// A text in quotes, or 0 or 1, that was meant as something else: `'on'`, `'25'`, `'22:00'`.
    static func remedy(forText syntax: Syntax, insteadOf kind: ValueKind) -> String? {
        if kind == .boolean, case .literal(.number(let number)) = syntax.form, number == 0 || number == 1 {
            return "write \(number == 1)"
        }
        guard case .literal(.string(let text)) = syntax.form else { return nil }
        switch kind {
        case .boolean: return boolean(text).map { "write \($0), without quotes" }
        case .number:
            if DecimalNumber.parse(Array(text.utf8)) != nil { return "write \(text), without quotes" }
            let isTime = text.utf8.first { !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) } == UInt8(ascii: ":")
            return isTime ? "compare times of day by time_between('22:00', '06:00')" : nil
        case .text: return nil
        }
    }

    private static func boolean(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "true", "on", "yes", "open": true
        case "false", "off", "no", "closed": false
        default: nil
        }
    }

    /// Words that are no keys.
    ///
    /// - Parameter isKey: whether there is a key of some name.
    static func remedy(forName name: KeyName, isKey: (KeyName) -> Bool) -> String? {
        let parts = name.text.split(separator: ".")
        guard parts.count > 1 else { return remedy(forWord: name.text) }
        guard let parent = KeyName(parts.dropLast().joined(separator: ".")), isKey(parent) else { return nil }
        switch parts.last {
        case "last_changed": return "write since(\(parent))"
        case "last_updated", "last_seen", "age": return "write age(\(parent))"
        default: return "the value of '\(parent)' is \(parent) itself"
        }
    }

    /// Words that are no keys even where any name may be one.
    static func remedy(forWordOrLocal word: String) -> String? {
        if let remedy = remedy(forLocal: word) { return remedy }
        if ["null", "none", "nil", "undefined"].contains(word.lowercased()) || boolean(word) != nil {
            return remedy(forWord: word)
        }
        return nil
    }

    /// Names that only some triggers give.
    static func remedy(forLocal word: String) -> String? {
        switch word {
        case "value", "previous", "key": "'\(word)' is known where a change, an event or becomes started the rule"
        case "payload", "topic": "'\(word)' is known where a message started the rule"
        default: nil
        }
    }

    private static func remedy(forWord word: String) -> String? {
        if ["null", "none", "nil", "undefined"].contains(word.lowercased()) { return "write known(a) or not known(a)" }
        if let value = boolean(word) { return "write \(value), or '\(word)' for text" }
        return "text is written in quotes: '\(word)'"
    }
}
