import Komoku

/// The runs that wait, and what for.
struct StandingRuns {
    private var runs: [Int64: StandingRun] = [:]
    /// Those that wait for a change of a key.
    private var watchers: [KeyName: Set<Int64>] = [:]
    /// Those that wait for messages, or for keys by patterns: these.
    private var awaiting: [Int64: [KeyPattern]] = [:]
    /// Those at `wait_until` whose conditions are over all keys that match patterns: these.
    private var patternWatchers: [Int64: [KeyPattern]] = [:]
    /// Those that wait for a device that can be reached.
    private var deviceWatchers: Set<Int64> = []
    /// Those whose cells are to be written.
    private var unwritten: [Int64] = []
    private var lastDemand: UInt32 = 0

    subscript(id: Int64) -> StandingRun? {
        get { runs[id] }
        _modify { yield &runs[id] }
    }

    var ids: Dictionary<Int64, StandingRun>.Keys { runs.keys }

    /// A run that was unpacked.
    func live(_ id: Int64) -> LiveRun? {
        if case .live(let live)? = runs[id]?.form { live } else { nil }
    }

    /// Those that were unpacked.
    var live: [(id: Int64, run: LiveRun)] {
        runs.compactMap { id, run in if case .live(let live) = run.form { (id, live) } else { nil } }
    }

    /// Keeps a run that waits.
    ///
    /// - Returns: what tells the present demand from others, and what there was of the run before.
    mutating func stand(_ run: Run, at rule: Int, due: Int64) -> (demand: UInt32, old: StandingRun?) {
        lastDemand &+= 1
        let old = runs[run.id]
        if case .live(let live)? = old?.form {
            live.run = run
            runs[run.id]?.demand = lastDemand
            runs[run.id]?.due = due
            runs[run.id]?.isWritten = false
        } else {
            runs[run.id] = StandingRun(
                rule: Int32(rule), demand: lastDemand, hasCell: old?.hasCell ?? false,
                isBranch: run.branch != nil, due: due, form: .live(LiveRun(run)))
        }
        unwritten.append(run.id)
        return (lastDemand, old)
    }

    mutating func remove(_ id: Int64) -> StandingRun? { runs.removeValue(forKey: id) }

    /// Its cell is behind.
    mutating func setUnwritten(_ id: Int64) {
        runs[id]?.isWritten = false
        unwritten.append(id)
    }

    /// Those whose cells are behind, once.
    mutating func takeUnwritten() -> [Int64] {
        defer { unwritten.removeAll(keepingCapacity: unwritten.count < 1024) }
        return unwritten
    }

    /// The rules have other slots now.
    mutating func move(_ moved: [Int: Int]) {
        for id in runs.keys {
            if let slot = runs[id].flatMap({ moved[Int($0.rule)] }) { runs[id]?.rule = Int32(slot) }
        }
    }

    // MARK: What they wait for

    /// Whether none waits for anything but keys by their names.
    var awaitsNothing: Bool { awaiting.isEmpty }

    /// Whether a run waits for a change of the key.
    ///
    /// - Parameter type: that of a key which may say whether a device can be reached is `uptime`, whatever its name.
    func isWatched(_ key: KeyName, _ type: KeyType) -> Bool {
        watchers[key] != nil || type == .uptime && !deviceWatchers.isEmpty
            || awaiting.values.contains { $0.contains { $0.matches(key) } }
            || patternWatchers.values.contains { $0.contains { $0.matches(key) } }
    }

    /// Notes what a run waits for.
    ///
    /// - Parameter patterns: nil where keys by their names are all.
    /// - Returns: the keys that nothing waited for before, and whether all may concern the runs from now on.
    mutating func watch(_ watch: LiveRun.Watch, patterns: [KeyPattern]?, by id: Int64) -> (keys: [KeyName], all: Bool) {
        let new = watch.keys.filter { watchers[$0] == nil }
        for key in watch.keys { watchers[key, default: []].insert(id) }
        let all =
            watch.usesDevices && deviceWatchers.isEmpty || !(patterns ?? []).isEmpty || !watch.patterns.isEmpty
        if !watch.patterns.isEmpty { patternWatchers[id] = watch.patterns }
        if watch.usesDevices { deviceWatchers.insert(id) }
        if let patterns { awaiting[id] = patterns }
        live(id)?.watch = watch
        return (new, all)
    }

    /// - Returns: whether it waited.
    mutating func unwatch(_ id: Int64) -> Bool {
        guard let live = live(id), let watch = live.watch else { return false }
        live.watch = nil
        if watch.usesDevices { deviceWatchers.remove(id) }
        if !watch.patterns.isEmpty { patternWatchers[id] = nil }
        if !watch.triggers.isEmpty { awaiting[id] = nil }
        for key in watch.keys {
            watchers[key]?.remove(id)
            if watchers[key]?.isEmpty == true { watchers[key] = nil }
        }
        return true
    }

    /// Those that look again when a key changes, the oldest first.
    func watching(_ key: KeyName, _ type: KeyType) -> [Int64] {
        var ids = watchers[key] ?? []
        if type == .uptime { ids.formUnion(deviceWatchers) }
        for (id, patterns) in patternWatchers where patterns.contains(where: { $0.matches(key) }) { ids.insert(id) }
        return ids.sorted()
    }

    /// Those that may wait for what came, the oldest first.
    ///
    /// - Parameter key: that it is about.
    func awaiting(_ key: KeyName?) -> [Int64] {
        var ids = Set(awaiting.keys)
        if let key { ids.formUnion(watchers[key] ?? []) }
        return ids.sorted()
    }
}
