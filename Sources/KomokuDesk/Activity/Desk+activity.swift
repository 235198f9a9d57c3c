internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// What happened in the house.
extension Desk {
    func askActivity(_ request: ActivityRequest, _ rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        var device: DeviceInfo?
        if let text = request.device {
            guard let found = hub.device(text),
                rights.readsAll || found.properties.contains(where: { rights.mayRead($0.key) })
            else { return then(.error(Refusal(.invalidKey, "there is no device '\(text)'"))) }
            device = found
        }
        if let key = request.key, hub.key(key) == nil || !rights.mayRead(key) { return then(.error(.unknownKey(key))) }
        var account = ActivityAccount(request, store: hub.store, rights: rights, now: hub.clock.now)
        account.keys = keys(of: request, device, rights, in: hub)
        account.outages = hub.store.outages
        guard let rules else { return work.async { [account] in then(account.answer([])) } }
        let view = RuleView(rights, rules, in: hub)
        account.view = view
        account.notes = rules.notifications(openOnly: false, limit: .max, in: hub).filter { view.sees(rule: $0.rule) }
        guard account.wantsRuns else { return work.async { [account] in then(account.answer([])) } }
        gather([], for: account, view, RunHistory(rules, of: hub), before: account.runQuery.before, in: hub, then)
    }

    /// Records that may be seen, as many as a page can need: between them there may be many others.
    private func gather(
        _ found: [RunRow], for account: ActivityAccount, _ view: RuleView, _ history: RunHistory, before: Int64?,
        in hub: isolated Hub, _ then: @escaping Answer
    ) {
        var query = account.runQuery
        (query.before, query.limit) = (before, max(query.limit, RunsPieces.recordsAtOnce))
        let wanted = query.limit
        history.question(query, in: hub).answer { [self] rows in
            guard case .success(let rows) = rows else { return then(.error(.storeFailed)) }
            let found = found + rows.filter(view.sees)
            guard rows.count >= wanted, found.count < account.runQuery.limit, let last = rows.last else {
                return work.async { then(account.answer(Array(found.prefix(account.runQuery.limit)))) }
            }
            self.hub.enqueue { [self] hub in
                gather(found, for: account, view, history, before: last.id, in: hub, then)
            }
        }
    }

    /// Keys whose changes are worth telling: states and presses; a number only where it is asked for.
    private func keys(
        of request: ActivityRequest, _ device: DeviceInfo?, _ rights: Rights, in hub: isolated Hub
    ) -> [ActivityAccount.Key] {
        if let name = request.key {
            return hub.key(name).map { [ActivityAccount.Key($0, in: hub)] } ?? []
        }
        let own = device.map { Set($0.properties.map(\.key)) }
        return hub.keys(matching: .all).filter { key in
            let isWanted = own?.contains(key.name) ?? true
            return isWanted && rights.mayRead(key.name) && !key.options.isLog
        }.map { ActivityAccount.Key($0, in: hub) }.filter { $0.isState || $0.command != nil }
    }
}

extension ActivityAccount.Key {
    fileprivate init(_ key: KeyInfo, in hub: isolated Hub) {
        self.init(
            id: key.id, name: key.name, isState: key.type == .boolean || key.type == .uptime || key.type == .string,
            isEvent: key.options.isEvent, unit: key.options.unit, device: key.property?.device.text,
            isOnline: key.property?.name == PropertyDescription.online.name, isWritable: key.isWritable,
            newest: key.last?.time, origin: key.origin, command: key.command)
    }
}
