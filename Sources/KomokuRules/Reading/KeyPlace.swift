import Komoku
import KomokuExpression
import KomokuYAML

/// Where a key or a pattern stands in a rule: `hall.light`, `self.light`, `{self}.light`, `{room}.light`.
enum KeyPlace {
    /// With what the rule is made for in place of `self`.
    static func text(_ text: String, item: String?) -> String {
        guard let item else { return text }
        if text.utf8.elementsEqual("self".utf8) { return item }
        if text.utf8.starts(with: "self.".utf8) { return item + String(text.dropFirst(4)) }
        guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
        return text.split(separator: "{self}", omittingEmptySubsequences: false).joined(separator: item)
    }
}

extension RuleReader {
    /// A pattern of keys, with its place's faults reported.
    func pattern(_ setting: Setting) -> KeyPattern? {
        if refusesSelf(setting) { return nil }
        let item = scope.item
        let pattern = setting.value(
            .text("a key or a pattern such as 'kitchen.*'") { text throws(Setting.Invalid) in
                do throws(KeyName.Invalid) {
                    return try KeyPattern(validating: KeyPlace.text(text, item: item))
                } catch {
                    throw Setting.Invalid(error.reason)
                }
            })
        if let pattern { note(pattern, setting) }
        return pattern
    }

    /// Reports `self` where the rule is made for nothing.
    func refusesSelf(_ setting: Setting) -> Bool {
        guard scope.item == nil, let text = setting.node.text, setting.node.scalar?.isSubstituted == false,
            text.hasPrefix("self.") || text.hasPrefix("{self}") || text.utf8.elementsEqual("self".utf8),
            KeyName(text).flatMap({ keys.declaration($0) }) == nil
        else { return false }
        setting.error(
            "'self' is not known here", remedy: "give the rule each: [hall, kitchen], or write the name of the key")
        return true
    }

    /// A pattern that some key matches; a warning where none does, an error where a name is no key.
    func watched(_ setting: Setting) -> (pattern: KeyPattern, declaration: Scope.Declaration)? {
        guard let pattern = pattern(setting) else { return nil }
        guard let declaration = keys.declaration(matching: pattern) else {
            if let name = pattern.name { warnOfFormerName(name, setting) }
            setting.error("there is no key '\(pattern)'", remedy: keys.question(for: pattern.text))
            return nil
        }
        if let name = pattern.name {
            warnOfMissing(name, setting)
        } else if !keys.environment.mayDiscover || keys.environment.knowsHouse, keys.matching(pattern).isEmpty {
            setting.warning("no known key matches '\(pattern)'")
        }
        return (pattern, declaration)
    }

    /// The key that an action is about; what it holds is known only when it runs where locals fill in its name.
    func target(_ setting: Setting) -> (target: KeyTarget, declaration: Scope.Declaration)? {
        guard !refusesSelf(setting), let written = setting.value(.string) else { return nil }
        let text = KeyPlace.text(written, item: scope.item)
        if text.utf8.contains(UInt8(ascii: "{")), !text.utf8.contains(UInt8(ascii: "`")) {
            guard let key = computed(text, setting) else { return nil }
            note(.computed(key), setting)
            return (.computed(key), .dynamic)
        }
        do throws(KeyName.Invalid) {
            let key = try KeyName(validating: text)
            note(.key(key), setting)
            warnAboutNewKey(key, setting)
            let declaration = keys.declaration(key) ?? .dynamic
            if !declaration.isWritable {
                setting.error("'\(key)' is reported by the device and cannot be put")
                return nil
            }
            return (.key(key), declaration)
        } catch {
            setting.mismatch(expecting: "the name of a key", reason: error.reason)
            return nil
        }
    }

    private func computed(_ text: String, _ setting: Setting) -> ComputedKey? {
        do throws(Expression.Faults) {
            guard case .computedName(let key) = try Expression.parse("`\(text)`").root.form else { return nil }
            let unknown = key.locals.filter { scope.locals[$0] == nil && !scope.isOpen }
            for name in unknown {
                setting.error(
                    "nothing here is called '\(name)'",
                    remedy: Suggestion.question(for: name, in: scope.locals.keys.sorted()))
            }
            return unknown.isEmpty ? key : nil
        } catch {
            for fault in error.all {
                setting.error(fault.message, atOffset: max(0, fault.offset - 1), remedy: fault.remedy)
            }
            return nil
        }
    }

    /// A key that nobody has may be one that is still to come, or a slip of the pen.
    ///
    /// - Parameter offset: where it stands in the text; nil is at its beginning.
    func warnOfMissing(_ key: KeyName, _ setting: Setting, atOffset offset: Int? = nil) {
        if warnOfFormerName(key, setting, atOffset: offset ?? 0) { return }
        guard keys.isMissing(key), warnedOfMissing.insert(key).inserted else { return }
        let message = "there is no key '\(key)' yet"
        let remedy = keys.question(for: key.text) ?? "'komoku keys' lists those that there are"
        if let offset {
            setting.warning(message, atOffset: offset, remedy: remedy)
        } else {
            setting.warning(message, remedy: remedy)
        }
    }

    /// A key that only rules make may be a slip of the pen.
    private func warnAboutNewKey(_ key: KeyName, _ setting: Setting) {
        if warnOfFormerName(key, setting) { return }
        guard keys.isNew(key), let question = reading.known.question(for: key.text) else { return }
        setting.warning("'\(key)' is a new key", remedy: "\(question) If not, give it a type under 'keys'")
    }
}
