internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Rules that are tried and not loaded.
extension Desk {
    func prove(_ command: Command, for caller: Caller, in hub: isolated Hub, _ then: @escaping Answer) {
        guard let prover else { return then(.error(.notAllowed("nothing can be tried on this hub"))) }
        let keys = hub.keys(matching: .all)
        let (devices, now) = (hub.devices(), hub.clock.now)
        work.async { [self] in
            guard !caller.isGone else { return then(.error(.busy)) }
            let prover = prover.asked(by: caller)
            let catalogue = Self.catalogue(keys, devices)
            switch command {
            case .checkRules(let request): prover.check(request, keys: catalogue, then: then)
            case .testRules(let request): prover.test(request, keys: catalogue, then: then)
            case .replayRules(let request): replay(request, catalogue, prover, now: now, then)
            default: then(.error(.invalidQuery))
            }
        }
    }

    /// As `komoku keys --json` and `komoku devices --json` print them.
    private static func catalogue(_ keys: [KeyInfo], _ devices: [DeviceInfo]) -> [UInt8] {
        var bytes = Array(#"{"keys":{"#.utf8)
        let request = KeysRequest(value: true)
        keys.map { KeyDescription($0, request) }.write(.v2, continuing: false, into: &bytes)
        bytes += Array(#"},"devices":"#.utf8)
        JSON.writeList(devices, into: &bytes) { Device($0).json.write(into: &$1) }
        return bytes + [UInt8(ascii: "}")]
    }

    private func replay(
        _ request: ProofRequest, _ catalogue: [UInt8], _ prover: Prover.Session, now: Timestamp,
        _ then: @escaping Answer
    ) {
        var request = request
        let since = request.since ?? now - .seconds(7 * 86_400)
        (request.since, request.until) = (since, request.until ?? now)
        prover.patterns(of: request, keys: catalogue) { [self, request] result in
            switch result {
            case .failure(let refusal): then(.error(refusal))
            case .success(let wanted):
                hub.enqueue { [self] hub in
                    let keys = ReplayedHistory.keys(wanted, in: hub)
                    let history = ReplayedHistory(store: hub.store, since: since, until: request.until ?? now)
                    work.async {
                        history.read(keys[...], into: []) { result in
                            switch result {
                            case .failure(let refusal): then(.error(refusal))
                            case .success(let lines):
                                prover.replay(request, keys: catalogue, history: lines, then: then)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What rules are shown of the past: all points of the time, and of each key the two before it.
struct ReplayedHistory: Sendable {
    let store: Store
    let since: Timestamp
    let until: Timestamp

    /// Bytes of lines; some 600,000 points.
    private static let most = 32 << 20
    private static let page = 32_768

    struct Key: Sendable {
        let key: KeyInfo
        let lookBack: Duration
    }

    static func keys(_ wanted: [WantedKeys], in hub: isolated Hub) -> [Key] {
        var seen: Set<KeyName> = []
        // A key that several patterns match looks back as far as any of them.
        return wanted.sorted { $0.lookBack > $1.lookBack }.flatMap { want in
            hub.keys(matching: want.pattern).filter { seen.insert($0.name).inserted }
                .map { Key(key: $0, lookBack: want.lookBack) }
        }
    }

    /// - Parameter then: called once, on any thread.
    func read(
        _ keys: ArraySlice<Key>, into lines: [UInt8], then: @escaping @Sendable (Result<[UInt8], Refusal>) -> Void
    ) {
        guard let first = keys.first else { return then(.success(lines)) }
        let start = since - first.lookBack
        let text = SeriesText(.ndjson, key: first.key.name)
        store.points(of: first.key.id, until: start, limit: 2, newestFirst: true) { result in
            guard case .success(let before) = result else { return then(.failure(.storeFailed)) }
            var lines = lines
            text.write(before.reversed(), continuing: true, into: &lines)
            read(first, text, from: start - Duration(microseconds: 1), into: lines) { result in
                switch result {
                case .failure(let refusal): then(.failure(refusal))
                case .success(let lines): read(keys.dropFirst(), into: lines, then: then)
                }
            }
        }
    }

    private func read(
        _ key: Key, _ text: SeriesText, from start: Timestamp, into lines: [UInt8],
        then: @escaping @Sendable (Result<[UInt8], Refusal>) -> Void
    ) {
        store.points(of: key.key.id, since: start, until: until, limit: Self.page) { result in
            guard case .success(let points) = result else { return then(.failure(.storeFailed)) }
            var lines = lines
            text.write(points, continuing: true, into: &lines)
            guard lines.count <= Self.most else {
                return then(
                    .failure(
                        .invalidQuery("the keys that these rules read have too many points; ask for a shorter time")))
            }
            guard points.count == Self.page, let last = points.last else { return then(.success(lines)) }
            read(key, text, from: last.time, into: lines, then: then)
        }
    }
}
