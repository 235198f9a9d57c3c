internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

extension Desk {
    /// What the house's meters counted. A meter whose key the caller may not read is none to him.
    func answer(_ request: EnergyRequest, for rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        do throws(Refusal) {
            let settings = energy.current
            guard settings.meters.contains(where: { rights.mayRead($0.key) }) else {
                throw .notFound("no meters are known; the section 'energy' of the configuration names them")
            }
            let question = try EnergyQuestion(
                request, settings, zone: try zone(named: request.zone, in: hub), home: try zone(named: nil, in: hub),
                now: hub.clock.now, key: { hub.key($0, for: rights) }, mayRead: rights.mayRead)
            EnergyGathering(store: hub.store, now: question.now).gather(question.series) { result in
                then(Reply(result) { .shape(EnergySums(question: question, windows: $0).report) })
            }
        } catch {
            then(.error(error))
        }
    }
}
