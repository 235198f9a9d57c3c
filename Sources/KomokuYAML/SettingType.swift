/// A type of setting: what it is called in an error and how it is read. Other targets add their own, as
/// `extension SettingType where Value == Expression { static var expression: Self { .text("an expression") { … } } }`.
package struct SettingType<Value> {
    /// Completes "expects …": `a whole number from 1 to 65535`.
    package let expectation: String
    /// The value, or nil after a report. Never asked about a refused node.
    package let read: (Setting) -> Value?

    package init(expectation: String, read: @escaping (Setting) -> Value?) {
        self.expectation = expectation
        self.read = read
    }
}

extension Setting {
    /// Why a text is not what it should be, thrown by the closure of `SettingType.text`.
    package struct Invalid: Error, Hashable {
        package var reason: String
        /// A UTF-8 offset into the text: the report is then only the reason, at that place.
        package var offset: Int?
        package var remedy: String?

        package init(_ reason: String, offset: Int? = nil, remedy: String? = nil) {
            self.reason = reason
            self.offset = offset
            self.remedy = remedy
        }
    }
}

extension SettingType {
    /// A value that `parse` makes of a text. What it throws is reported, a `Setting.Invalid` with its place.
    package static func text(_ expectation: String, _ parse: @escaping (String) throws -> Value) -> SettingType {
        SettingType(expectation: expectation) { setting in
            guard let text = setting.text(expecting: expectation) else { return nil }
            do {
                return try parse(text)
            } catch let problem as Setting.Invalid {
                setting.refuse(problem, expecting: expectation)
            } catch {
                setting.mismatch(expecting: expectation, reason: "\(error)")
            }
            return nil
        }
    }

    /// Whatever `body` makes of a mapping. Keys that it does not ask for are reported.
    package static func mapping(_ body: @escaping (SettingsReader) -> Value?) -> SettingType {
        SettingType(expectation: "a mapping") { setting in
            guard let reader = setting.reader() else { return nil }
            defer { reader.finish() }
            return body(reader)
        }
    }

    /// A list; an empty value is an empty list, items that cannot be read are left out after their report.
    package static func list<Item>(of item: SettingType<Item>) -> SettingType where Value == [Item] {
        SettingType(expectation: "a list") { setting in
            if setting.node.isNull { return [] }
            guard let items = setting.items else {
                setting.mismatch(expecting: "a list", remedy: "put '- ' before each item, or '[' and ']' around them")
                return nil
            }
            return items.compactMap { $0.value(item) }
        }
    }

    /// A list, or one item by itself.
    package static func oneOrMore<Item>(of item: SettingType<Item>) -> SettingType where Value == [Item] {
        SettingType(expectation: item.expectation) { setting in
            guard let items = setting.items else { return setting.value(item).map { [$0] } }
            return items.compactMap { $0.value(item) }
        }
    }

    /// The entries of a mapping in their order; those that cannot be read are left out after their report.
    package static func entries<Key, Item>(
        _ key: SettingType<Key>, _ item: SettingType<Item>
    ) -> SettingType where Value == [(key: Key, value: Item)] {
        SettingType(expectation: "a mapping") { setting in
            setting.reader()?.entries.compactMap { entry in
                // Both are read, so that both report.
                let pair = (entry.key.value(key), entry.value.value(item))
                guard let key = pair.0, let value = pair.1 else { return nil }
                return (key, value)
            }
        }
    }
}

extension Setting {
    /// The text of a scalar, quoted or not: a plain `5` is the text `5`. Nil after a report for anything else.
    func text(expecting expectation: String) -> String? {
        if let text = node.text, !node.isNull { return text }
        mismatch(expecting: expectation, remedy: looksLikeBraces ? "put text that starts with '{' in quotes" : nil)
        return nil
    }

    /// `{room}` without quotes is a mapping with a key and no value.
    private var looksLikeBraces: Bool {
        guard let entries = node.entries, !entries.isEmpty else { return false }
        return entries.allSatisfy(\.value.isNull)
    }

    fileprivate func refuse(_ problem: Setting.Invalid, expecting expectation: String) {
        if let offset = problem.offset {
            error(problem.reason, atOffset: offset, remedy: problem.remedy)
        } else {
            mismatch(expecting: expectation, reason: problem.reason, remedy: problem.remedy)
        }
    }
}
