import Komoku
import KomokuExpression
import KomokuYAML

/// Names that a rule gives to values of its own: variables, parameters, items of a loop.
enum LocalName {
    /// Why a text is no such name; nil where it is one.
    static func fault(in text: String) -> String? {
        if text.utf8.elementsEqual("self".utf8) { return "'self' is what the rule is made for" }
        guard !text.utf8.contains(UInt8(ascii: ".")), let root = try? Expression.parse(text).root,
            case .name(let name, quoted: false) = root.form, name.text.utf8.elementsEqual(text.utf8)
        else { return "use letters, digits and '_', and no word of the language" }
        return nil
    }
}

extension SettingType where Value == String {
    /// A name for a local value.
    static var localName: SettingType {
        .text("a name") { text throws(Setting.Invalid) in
            if let fault = LocalName.fault(in: text) { throw Setting.Invalid(fault) }
            return text
        }
    }
}

extension SettingType where Value == Setting {
    /// The setting itself, to be read later.
    static var item: SettingType { SettingType(expectation: "a value") { $0 } }
}
