internal import Komoku

extension Occasion {
    /// With texts short enough to keep many: a payload may be of any length.
    package var excerpt: Occasion {
        var excerpt = self
        excerpt.value = value?.excerpt
        excerpt.previous = previous?.excerpt
        excerpt.source = source?.cut(to: Value.maximumExcerpt)
        let named = arguments.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        excerpt.arguments = Dictionary(
            named.prefix(Self.maximumArguments).map { ($0.key.cut(to: Self.maximumName), $0.value.excerpt) },
            uniquingKeysWith: { first, _ in first })
        return excerpt
    }

    private static let maximumArguments = 16
    private static let maximumName = 64
}

extension Value {
    fileprivate static let maximumExcerpt = 256

    fileprivate var excerpt: Value {
        if case .string(let text) = self { .string(text.cut(to: Self.maximumExcerpt)) } else { self }
    }
}
