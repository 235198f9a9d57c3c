import Komoku
import KomokuExpression
import KomokuYAML

/// What `http` and `run` have in common.
extension RuleReader {
    /// Templates with names that `name` reads.
    func named(
        _ key: String, _ settings: SettingsReader, _ name: (Setting) -> String?
    ) -> [(name: String, value: CompiledTemplate)] {
        (settings.value(key, .entries(.item, .item)) ?? []).compactMap { entry in
            let (name, value) = (name(entry.key), template(entry.value))
            guard let name, let value else { return nil }
            return (name, value)
        }
    }

    /// The name that takes the answer, and a local for it and for its status.
    func into(_ settings: SettingsReader, _ place: Place) -> String? {
        guard let name = settings.value("into", .localName) else { return nil }
        let mayBeUnknown = place.policy.continuesOnError
        scope.locals[name] = Scope.Declaration(.text, mayBeUnknown: mayBeUnknown)
        scope.locals[name]?.isDocument = true
        scope.locals["\(name)_status"] = Scope.Declaration(.number, mayBeUnknown: mayBeUnknown)
        return name
    }
}

extension [(name: String, value: CompiledTemplate)] {
    /// The names alone: the values may be secrets.
    var names: String { isEmpty ? "" : " with " + map(\.name).joined(separator: ", ") }
}
