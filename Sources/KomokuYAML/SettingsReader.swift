package import Komoku

/// A cursor over one mapping of the settings: hands out typed values, reports every problem instead of throwing, and
/// at the end names the keys that nobody asked for.
package final class SettingsReader {
    package struct Entry {
        package let key: Setting
        package let value: Setting
    }

    package let node: YAMLNode
    /// How diagnostics name this mapping: `'mqtt'`, `item 2 of 'map'`, `the file`.
    package let subject: String
    package let report: SettingsReport
    private let children: [YAMLNode.Entry]
    private var indices: [[UInt8]: Int] = [:]
    private var asked: [String] = []
    private var askedBytes: Set<[UInt8]> = []
    /// Sections handed out, so that two parts that read the same one share what was asked for.
    private var sections: [[UInt8]: SettingsReader] = [:]
    private var isFinished = false

    /// - Parameter node: anything but a mapping reads as an empty one.
    package init(_ node: YAMLNode, subject: String = "the file", report: SettingsReport) {
        self.node = node
        self.subject = subject
        self.report = report
        children = node.entries ?? []
        for (index, entry) in children.enumerated() { indices[Array((entry.key.text ?? "").utf8)] = index }
    }

    package var position: SourcePosition { node.position }

    // MARK: Values

    /// The value of a key, or nil where it is absent, or wrong and reported.
    package func value<Value>(_ key: String, _ type: SettingType<Value>) -> Value? {
        setting(key)?.value(type)
    }

    package func value<Value>(_ key: String, _ type: SettingType<Value>, default fallback: @autoclosure () -> Value)
        -> Value
    {
        value(key, type) ?? fallback()
    }

    /// The value of a key that has to be there; nil is always reported.
    package func required<Value>(_ key: String, _ type: SettingType<Value>) -> Value? {
        guard let setting = setting(key) else {
            report.error(at: position, "\(subject) needs '\(key)', \(type.expectation)")
            return nil
        }
        return setting.value(type)
    }

    /// The items of a list; none where the key is absent.
    package func list<Item>(_ key: String, of item: SettingType<Item>) -> [Item] {
        value(key, .list(of: item)) ?? []
    }

    /// The value of a key with its place; nil where it is absent.
    package func setting(_ key: String) -> Setting? {
        declare(key)
        guard let entry = child(key) else { return nil }
        return Setting(subject: "'\(key)'", node: entry.value, report: report)
    }

    /// The one of `keys` that is there; a report where it is none or more than one.
    package func exactlyOne(of keys: String...) -> (key: String, setting: Setting)? {
        let found = keys.compactMap { key in setting(key).map { (key: key, setting: $0) } }
        let list = keys.map { "'\($0)'" }.joined(separator: ", ")
        if found.isEmpty {
            let remedy = unasked().lazy.compactMap { Suggestion.question(for: $0, in: keys) }.first
            report.error(at: position, "\(subject) needs one of \(list)", remedy: remedy)
        } else if found.count > 1 {
            let place = child(found[1].key)?.key.position ?? position
            report.error(
                at: place, "\(subject) has '\(found[0].key)' and '\(found[1].key)'", remedy: "keep one of them")
        }
        return found.first
    }

    /// Every entry in its order; all of them then count as asked for.
    package var entries: [Entry] {
        children.map { child in
            let name = child.key.scalar
            declare(name?.text ?? "")
            return Entry(
                key: Setting(subject: "a key of \(subject)", node: child.key, report: report),
                value: Setting(subject: "'\(name?.shownName ?? "")'", node: child.value, report: report))
        }
    }

    // MARK: Sections

    /// The mapping under a key; nil where it is absent, or wrong and reported. It is finished together with this reader.
    package func mapping(_ key: String) -> SettingsReader? {
        let bytes = Array(key.utf8)
        if let section = sections[bytes] { return section }
        let section = setting(key)?.reader()
        if let section { sections[bytes] = section }
        return section
    }

    /// The mapping under a key; an empty one, for the defaults, where it is absent or wrong.
    package func section(_ key: String) -> SettingsReader {
        if let section = mapping(key) { return section }
        let empty = SettingsReader(YAMLNode(.mapping([]), at: position), subject: "'\(key)'", report: report)
        sections[Array(key.utf8)] = empty
        return empty
    }

    // MARK: Keys

    package func has(_ key: String) -> Bool { child(key) != nil }

    /// Where a key stands; the mapping's own place where it is absent.
    package func position(of key: String) -> SourcePosition { child(key)?.key.position ?? position }

    /// Names keys that are known, though this reader does not read them now.
    package func declare(_ keys: String...) {
        for key in keys where askedBytes.insert(Array(key.utf8)).inserted { asked.append(key) }
    }

    /// Reports each key that nobody asked for, here and in every `mapping` and `section`. Later calls do nothing.
    package func finish() {
        guard !isFinished else { return }
        isFinished = true
        let unknown = children.filter { !askedBytes.contains(Array(($0.key.text ?? "").utf8)) }
        for child in unknown.prefix(YAMLLimits.unknownKeys) { reportUnknown(child.key) }
        if let next = unknown.dropFirst(YAMLLimits.unknownKeys).first {
            report.error(at: next.key.position, "\(subject) has more unknown settings from here on")
        }
        for section in sections.values.sorted(by: { $0.position.line < $1.position.line }) { section.finish() }
    }

    private func reportUnknown(_ key: YAMLNode) {
        guard let name = key.scalar else { return }
        let remedy =
            name.isSubstituted
            ? nil
            : Synonyms.question(for: name.text, in: asked.filter { !has($0) })
                ?? Suggestion.question(for: name.text, in: asked)
        report.error(at: key.position, "\(subject) has no setting '\(name.shownName)'", remedy: remedy ?? known)
    }

    private var known: String? {
        guard !asked.isEmpty, asked.count <= 32 else { return nil }
        return "known are " + asked.map { "'\($0)'" }.joined(separator: ", ")
    }

    private func child(_ key: String) -> YAMLNode.Entry? {
        indices[Array(key.utf8)].map { children[$0] }
    }

    private func unasked() -> [String] {
        children.compactMap { $0.key.scalar }.filter { !$0.isSubstituted && !askedBytes.contains(Array($0.text.utf8)) }
            .map(\.text)
    }
}

extension SettingsReader {
    package func error(at key: String? = nil, _ message: String, remedy: String? = nil) {
        report.error(at: key.map { position(of: $0) } ?? position, message, remedy: remedy)
    }

    package func warning(at key: String? = nil, _ message: String, remedy: String? = nil) {
        report.warning(at: key.map { position(of: $0) } ?? position, message, remedy: remedy)
    }
}
