public import Komoku
public import KomokuWire

/// What programs do with keys: the same at a hub (`Client`), under a common beginning of names (`KeyScope`), and on a database of
/// one's own without a hub (`StandaloneHub` of the product `KomokuStandalone`).
public protocol KeyService: Sendable {
    /// Has a command carried out, as the protocol spells it (docs/protocol.md).
    ///
    /// - Returns: the whole answer: an object with `result`.
    /// - Throws: `ClientError.refused` where it is an error.
    func answer(_ command: String, _ body: JSON) async throws(ClientError) -> JSON

    /// Puts many values, in order, and returns when all of them are on disk.
    @discardableResult
    func put(_ points: [PutPoint]) async throws(ClientError) -> PutReport

    /// Watches the keys that match.
    ///
    /// - Parameters:
    ///   - initial: the last value of each key is told first.
    ///   - every: each put is told, not only changes.
    func watch(_ pattern: String, initial: Bool, every: Bool) async throws(ClientError) -> KeyWatch

    /// The whole name of a key, as others know it.
    func wholeName(of key: String) -> String
}

extension KeyService {
    public func wholeName(of key: String) -> String { key }

    /// The newest value of a key; nil where there is none.
    public func get(_ key: String) async throws(ClientError) -> JSON? {
        try await perform(.get(ValueRequest(wholeName(of: key))))["result"]?.nonNull
    }

    /// The newest value of a key with its time; nil where there is none.
    public func last(_ key: String) async throws(ClientError) -> LastValue? {
        let result = try await perform(.last(ValueRequest(wholeName(of: key))))["result"] ?? .null
        if result.isNull { return nil }
        let last = try shaped { () throws(Refusal) in try LastValue(result) }
        return last.value == nil ? nil : last
    }

    /// Puts a value, now or at a time; returns when it is durable, of a device's key when the command is on its way.
    ///
    /// - Returns: false where the hub took it but cannot store anything at the moment.
    @discardableResult
    public func put(_ key: String, _ value: JSON, at time: Timestamp? = nil) async throws(ClientError) -> Bool {
        try await perform(.put(PutRequest(name(key), value, at: time, waits: false)))["stored"] != .bool(false)
    }

    /// Adds to the newest value of a key, which begins at 0; returns when that is durable.
    ///
    /// - Parameter step: negative takes away.
    public func increment(_ key: String, by step: Double = 1) async throws(ClientError) {
        try await perform(.increment(IncrementRequest(name(key), by: step)))
    }

    /// The keys that match, by name.
    public func keys(matching pattern: String = "**") async throws(ClientError) -> [KeyDescription] {
        let request = KeysRequest(try self.pattern(pattern), value: true, time: true)
        let result = try await perform(.keys(request))["result"] ?? .null
        return try shaped { () throws(Refusal) in try [KeyDescription](wire: result) }
    }

    /// One key, or nil where there is none of that name.
    public func key(_ name: String) async throws(ClientError) -> KeyDescription? {
        guard KeyName(wholeName(of: name)) != nil else { return nil }
        return try await keys(matching: name).first
    }

    /// Points as `[time, value]`, ascending; the newest where there are more than `limit`.
    public func history(
        _ key: String, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil
    ) async throws(ClientError) -> [HistoryPoint] {
        // With `last` the answer is always points; a boolean with a start alone would be answered with shares.
        let count = limit ?? (since == nil ? 100 : FetchRequest.maximumPoints)
        let request = FetchRequest(wholeName(of: key), .newest(count: count), since: since, until: until)
        let points = try await perform(.fetch(request))["result"]?.array ?? []
        return points.reversed().compactMap(HistoryPoint.init)
    }

    /// Creates a key or adds options to it.
    public func define(_ key: String, type: KeyType, options: [JSON.Member] = []) async throws(ClientError) {
        try await define([(key, type, options)])
    }

    /// The same with many at once; all of them, or none.
    public func define(
        _ keys: [(name: String, type: KeyType, options: [JSON.Member])]
    ) async throws(ClientError) {
        try await perform(
            .define(keys.map { KeyDefinition(name: wholeName(of: $0.name), type: $0.type, options: $0.options) }))
    }

    /// Deletes a key with its history.
    public func delete(_ key: String) async throws(ClientError) {
        try await perform(.delete(KeyRequest(name(key))))
    }

    /// Watches the keys that match; see `watch(_:initial:every:)`.
    public func watch(_ pattern: String, initial: Bool = false) async throws(ClientError) -> KeyWatch {
        try await watch(pattern, initial: initial, every: false)
    }

    /// The same keys, with shorter names: of `kitchen` the key `lamp` is `kitchen.lamp`.
    public func scope(_ prefix: String) -> KeyScope<Self> { KeyScope(of: self, prefix) }

    /// A key whose newest value is kept in memory once it was asked for.
    public func value(of key: String) -> LazyValue { LazyValue(of: self, key) }
}

// MARK: What is checked here, so that a command can be made of it

extension KeyService {
    @discardableResult
    func perform(_ command: Command) async throws(ClientError) -> JSON {
        let member = command.member
        return try await answer(member.name, member.value)
    }

    func name(_ text: String) throws(ClientError) -> KeyName {
        let whole = wholeName(of: text)
        guard let name = KeyName(whole) else {
            throw .refused(.invalidKey, message: "'\(whole.prefix(300))' cannot be the name of a key")
        }
        return name
    }

    func pattern(_ text: String) throws(ClientError) -> KeyPattern {
        try shaped { () throws(Refusal) in try KeyPattern(wire: .string(wholeName(of: text)), of: "match") }
    }

    /// What an answer is read as, or a text is taken for.
    func shaped<Result>(_ body: () throws(Refusal) -> Result) throws(ClientError) -> Result {
        do throws(Refusal) {
            return try body()
        } catch {
            if error.code == CommandError.invalidKey.rawValue { throw .refused(.invalidKey, message: error.message) }
            let detail = error.message.map { ": \($0)" } ?? ""
            throw .unshaped(detail)
        }
    }
}
