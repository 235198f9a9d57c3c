import Komoku

/// Joins the sections of several files: lists are appended, mappings put together, anything else may be given once.
struct SectionMerge {
    private(set) var diagnostics = Diagnostics()
    private(set) var entries: [YAMLNode.Entry] = []
    private var indices: [[UInt8]: Int] = [:]
    /// The places of the keys inside each section that is a mapping, made when a second file has it too.
    private var keys: [Int: KeyPlaces] = [:]

    mutating func add(_ sections: [YAMLNode.Entry]) {
        for section in sections {
            let name = Array((section.key.text ?? "").utf8)
            if let index = indices[name] {
                join(section, into: index)
            } else {
                indices[name] = entries.count
                entries.append(section)
            }
        }
    }

    private mutating func join(_ section: YAMLNode.Entry, into index: Int) {
        let first = entries[index]
        if section.key.text == Self.listed, let pair = Self.asMappings(first, section) {
            entries[index] = pair.first
            return join(pair.second.value.entries ?? [], to: pair.first.value.entries ?? [], at: index)
        }
        switch (first.value.content, section.value.content) {
        case (.refused, _), (_, .refused):
            entries[index].value.content = .refused
        case (.sequence(let items), .sequence(let more)):
            entries[index].value.content = .sequence(items + more)
        case (.mapping(let known), .mapping(let more)):
            join(more, to: known, at: index)
        case (_, .scalar) where section.value.isNull:
            break
        case (.scalar, _) where first.value.isNull:
            entries[index].value = section.value
        default:
            let name = section.key.scalar?.shownName ?? ""
            let message =
                "'\(name)' is given as \(kind(section.value)) here and as \(kind(first.value)) at \(first.key.position)"
            let remedy = "only sections that are all lists or all mappings can be spread over files"
            diagnostics.error(at: section.key.position, message, remedy: remedy)
        }
    }

    private mutating func join(_ more: [YAMLNode.Entry], to known: [YAMLNode.Entry], at index: Int) {
        var joined = known
        var places = keys[index] ?? KeyPlaces()
        if keys[index] == nil {
            for entry in known { _ = places.insert(entry.key.text ?? "", at: entry.key.position) }
        }
        for entry in more {
            if entries[index].key.text == Self.listed, let list = joined.firstIndex(where: Self.isList),
                Self.isList(entry), let known = joined[list].value.sequence, let more = entry.value.sequence
            {
                joined[list].value.content = .sequence(known + more)
            } else if let first = places.insert(entry.key.text ?? "", at: entry.key.position) {
                let name = entry.key.scalar?.shownName ?? ""
                diagnostics.error(at: entry.key.position, "'\(name)' is given twice, first at \(first)")
            } else {
                joined.append(entry)
            }
        }
        keys[index] = places
        entries[index].value.content = .mapping(joined)
    }

    /// The section that may be a list in one file, and in another a mapping with the list as its member.
    private static let listed = "rules"
    private static let list = "list"

    private static func isList(_ entry: YAMLNode.Entry) -> Bool { entry.key.text == list }

    /// Both as mappings, where one is that and the other a list; else nil.
    private static func asMappings(
        _ first: YAMLNode.Entry, _ second: YAMLNode.Entry
    ) -> (first: YAMLNode.Entry, second: YAMLNode.Entry)? {
        let isMixed =
            (first.value.entries != nil && second.value.sequence != nil)
            || (first.value.sequence != nil && second.value.entries != nil)
        guard isMixed else { return nil }
        return (asMapping(first), asMapping(second))
    }

    private static func asMapping(_ section: YAMLNode.Entry) -> YAMLNode.Entry {
        guard section.value.sequence != nil else { return section }
        var section = section
        let key = YAMLNode(.scalar(YAMLScalar(list)), at: section.value.position)
        section.value.content = .mapping([YAMLNode.Entry(key: key, value: section.value)])
        return section
    }

    private func kind(_ node: YAMLNode) -> String {
        node.scalar == nil ? node.shown : "a single value"
    }
}
