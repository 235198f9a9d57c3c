public import Komoku
internal import KomokuWire

/// The newest value of a key, kept in memory: asked for the first time it is watched from then on, and later answers wait for
/// nobody. While the connection is broken the hub is asked, so that no answer is of yesterday. That a key was deleted is not seen.
public actor LazyValue {
    /// Its whole name.
    public nonisolated let key: String
    private let service: any KeyService
    private var watch: KeyWatch?
    private var reading: Task<Void, Never>?
    private var opening: Task<Result<Void, ClientError>, Never>?
    private var newest: (value: JSON?, time: Timestamp)?
    /// Whether what is known is what the hub knows, but for what is on its way.
    private var isCurrent = false
    /// Of the connection: what was asked for before a break says nothing afterwards.
    private var generation = 0

    init(of service: any KeyService, _ key: String) {
        self.service = service
        // The service would put its beginning before a whole name again.
        self.key = service.wholeName(of: key)
        asked = key
    }

    /// As the service takes it.
    private nonisolated let asked: String

    deinit { reading?.cancel() }

    /// The value; nil where there is none.
    ///
    /// - Throws: where it is not known, and the hub cannot be asked.
    public func get() async throws(ClientError) -> JSON? {
        if isCurrent { return newest?.value }
        if watch == nil { try await open() }
        return isCurrent ? newest?.value : try await service.get(asked)
    }

    /// Ends the watch. The next `get` begins one again.
    public func cancel() async {
        reading?.cancel()
        await watch?.cancel()
        (watch, reading, newest, isCurrent) = (nil, nil, nil, false)
    }

    private func open() async throws(ClientError) {
        let attempt =
            opening
            ?? Task {
                do throws(ClientError) {
                    try await begin()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
        opening = attempt
        let result = await attempt.value
        if opening == attempt { opening = nil }
        try result.get()
    }

    private func begin() async throws(ClientError) {
        let watch = try await service.watch(asked, initial: false, every: false)
        do throws(ClientError) {
            // What comes from now on is told; what was before is asked for.
            let last = try await service.last(asked)
            if let last { take(last.value, at: last.time) }
        } catch {
            await watch.cancel()
            throw error
        }
        (self.watch, isCurrent) = (watch, true)
        reading = Task { [weak self] in
            for await event in watch { await self?.take(event) }
            await self?.end(watch)
        }
    }

    private func take(_ event: KeyWatch.Event) {
        switch event {
        case .item(let change): take(change.value.isNull ? nil : change.value, at: change.time)
        case .disconnected: (isCurrent, generation) = (false, generation + 1)
        // Values that were missed come next; until then the hub is asked. It may have lost some, too.
        case .reconnected:
            (newest, generation) = (nil, generation + 1)
            Task { [generation] in await refresh(generation) }
        }
    }

    private func refresh(_ asking: Int) async {
        guard let last = try? await service.last(asked), watch != nil, asking == generation else { return }
        take(last.value, at: last.time)
        isCurrent = true
    }

    private func take(_ value: JSON?, at time: Timestamp) {
        if let newest, time < newest.time { return }
        newest = (value, time)
    }

    private func end(_ ended: KeyWatch) {
        if watch === ended { (watch, reading, isCurrent) = (nil, nil, false) }
    }
}
