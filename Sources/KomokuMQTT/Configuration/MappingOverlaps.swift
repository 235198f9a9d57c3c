internal import Komoku
internal import KomokuYAML

/// Finds mappings that make the same key of one and the same message, which is then put twice.
struct MappingOverlaps {
    let report: SettingsReport

    /// So many pairs are compared; more mappings with wildcards than that takes are made by programs.
    private static let maximumPairs = 1_000_000
    private static let maximumReports = 20

    func check(_ mappings: [Mapping]) {
        var (pairs, reports) = (0, 0)
        for (index, second) in mappings.enumerated() {
            for first in mappings[..<index] where first.isVague || second.isVague || first.topic == second.topic {
                pairs += 1
                guard pairs <= Self.maximumPairs, reports < Self.maximumReports else { return }
                if tell(first, second) { reports += 1 }
            }
        }
    }

    /// - Returns: whether they overlap.
    private func tell(_ first: Mapping, _ second: Mapping) -> Bool {
        guard let topic = TopicPattern.topic(of: first.topic, and: second.topic) else { return false }
        let known = first.keys(of: topic)
        guard let (path, key) = second.keys(of: topic).first(where: { known[$0.key] == $0.value }) else {
            return false
        }
        let part = path.map { "'\($0)' in a" } ?? "a"
        report.warning(
            at: second.position,
            "\(part) message on '\(topic)' is put into '\(key)' twice, by the mapping at \(first.position) too",
            remedy: "leave one of them out, or narrow its topic")
        return true
    }
}

extension Mapping {
    fileprivate var isVague: Bool { !topic.captures.isEmpty }

    /// What a message on a topic is put into: by the path in its JSON, or nil for the whole of it.
    fileprivate func keys(of topic: String) -> [String?: KeyName] {
        guard let captured = self.topic.match(topic) else { return [:] }
        switch content {
        case .payload(let field): return (try? field.key.name(for: captured)).map { [nil: $0] } ?? [:]
        case .json(let fields, _):
            var keys: [String?: KeyName] = [:]
            for (path, field) in fields { keys[path] = try? field.key.name(for: captured) }
            return keys
        }
    }
}

extension TopicPattern {
    /// A topic that both match; nil where there is none.
    static func topic(of first: TopicPattern, and second: TopicPattern) -> String? {
        guard first.filter.overlaps(second.filter), let levels = levels(first.levels[...], second.levels[...]) else {
            return nil
        }
        return levels.joined(separator: "/")
    }

    private static func levels(_ first: ArraySlice<Level>, _ second: ArraySlice<Level>) -> [String]? {
        if first.first == .rest { return sample(second) }
        if second.first == .rest { return sample(first) }
        guard let one = first.first, let other = second.first else {
            return first.isEmpty && second.isEmpty ? [] : nil
        }
        guard let level = level(one, other) else { return nil }
        // A level that stands for several may end here, or take in the next one too.
        let ways: [(ArraySlice<Level>?, ArraySlice<Level>?)] = [
            (first.dropFirst(), second.dropFirst()), (one == .oneOrMore ? first : nil, second.dropFirst()),
            (first.dropFirst(), other == .oneOrMore ? second : nil),
        ]
        for case (let first?, let second?) in ways {
            if let rest = levels(first, second) { return [level] + rest }
        }
        return nil
    }

    private static func level(_ one: Level, _ other: Level) -> String? {
        switch (one, other) {
        case (.literal(let bytes), .literal(let others)):
            bytes == others ? String(decoding: bytes, as: UTF8.self) : nil
        case (.literal(let bytes), _), (_, .literal(let bytes)): String(decoding: bytes, as: UTF8.self)
        default: "x"
        }
    }

    private static func sample(_ levels: ArraySlice<Level>) -> [String] {
        levels.filter { $0 != .rest }.map { level in
            if case .literal(let bytes) = level { String(decoding: bytes, as: UTF8.self) } else { "x" }
        }
    }
}
