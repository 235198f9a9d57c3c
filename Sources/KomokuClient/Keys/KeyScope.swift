public import Komoku
public import KomokuWire

/// Keys under a common beginning of their names: of the scope `kitchen.lamp` the key `power` is `kitchen.lamp.power`. A dot at the
/// beginning leaves it: `.hall.lux` is `hall.lux`. What is told, as of a watch, has whole names.
public struct KeyScope<Base: KeyService>: KeyService {
    private let base: Base
    /// With a dot at its end.
    private let prefix: String

    init(of base: Base, _ prefix: String) {
        self.base = base
        self.prefix = base.wholeName(of: prefix) + "."
    }

    public func wholeName(of key: String) -> String {
        key.hasPrefix(".") ? String(key.dropFirst()) : prefix + key
    }

    public func answer(_ command: String, _ body: JSON) async throws(ClientError) -> JSON {
        try await base.answer(command, body)
    }

    @discardableResult
    public func put(_ points: [PutPoint]) async throws(ClientError) -> PutReport {
        try await base.put(points.map { PutPoint(absolute(wholeName(of: $0.key)), $0.value, at: $0.time) })
    }

    public func watch(_ pattern: String, initial: Bool, every: Bool) async throws(ClientError) -> KeyWatch {
        try await base.watch(absolute(wholeName(of: pattern)), initial: initial, every: every)
    }

    /// As the base takes a name that is whole already.
    private func absolute(_ name: String) -> String { base.wholeName(of: name) == name ? name : "." + name }
}
