import KomokuYAML

/// Most rules leave most options out, so what an option would be is made up only where it is given.
extension SettingsReader {
    /// The value of a key; nil where it is absent, or wrong and reported.
    func given<Value>(_ key: String, _ type: @autoclosure () -> SettingType<Value>) -> Value? {
        guard has(key) else {
            declare(key)
            return nil
        }
        return value(key, type())
    }

    /// The one key of the mapping that is among some words; nil where it has none or several, which is not reported.
    func only(of words: Set<String>) -> (key: String, setting: Setting)? {
        var found: String?
        for entry in node.entries ?? [] {
            guard let text = entry.key.text, words.contains(text) else { continue }
            if found != nil { return nil }
            found = text
        }
        return found.flatMap { word in setting(word).map { (word, $0) } }
    }

    var hasOneEntry: Bool { node.entries?.count == 1 }
}
