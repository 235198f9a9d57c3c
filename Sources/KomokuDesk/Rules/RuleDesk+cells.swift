internal import Komoku
package import KomokuHub
internal import KomokuRules
package import KomokuWire

/// What people see of cells and do with them.
extension RuleDesk {
    package func cells(_ request: CellsRequest, in hub: isolated Hub) throws(RuleRefusal) -> CellsPage {
        let statistics = host.cells.statistics(in: hub).behaviours
        let behaviours = statistics.map(BehaviourReport.init)
        guard let behaviour = request.behaviour else { return failed(behaviours, request, in: hub) }
        guard statistics.contains(where: { $0.name.utf8.elementsEqual(behaviour.utf8) }) else {
            throw .unknown(Self.unknown(behaviour, among: statistics.map(\.name)))
        }
        if let id = request.id {
            guard var report = report(behaviour, id, in: hub) else {
                throw .unknown("there is no cell '\(id)' of '\(behaviour)'")
            }
            report.data = host.cells.data(behaviour, id, in: hub)
            return CellsPage(behaviours, [report])
        }
        let ids = host.cells.ids(of: behaviour, in: hub).drop { id in
            request.after.map { !$0.utf8.lexicographicallyPrecedes(id.utf8) } ?? false
        }
        let page = ids.prefix(min(request.limit ?? .max, CellsRequest.most))
        return CellsPage(
            behaviours, page.compactMap { report(behaviour, $0, in: hub) },
            next: page.count < ids.count ? page.last : nil)
    }

    private func failed(
        _ behaviours: [BehaviourReport], _ request: CellsRequest, in hub: isolated Hub
    ) -> CellsPage {
        let limit = min(request.limit ?? .max, CellsRequest.most)
        var failed: [CellReport] = []
        for behaviour in behaviours where behaviour.failed > 0 && failed.count < limit {
            failed += host.cells.ids(of: behaviour.name, in: hub).lazy
                .compactMap { self.report(behaviour.name, $0, in: hub) }.filter { $0.state == .failed }
                .prefix(limit - failed.count)
        }
        return CellsPage(behaviours, failed)
    }

    private func report(_ behaviour: String, _ id: String, in hub: isolated Hub) -> CellReport? {
        var report = CellReport()
        (report.behaviour, report.id) = (behaviour, id)
        switch host.cells.state(behaviour, id, in: hub) {
        case .dead: return nil
        case .alive: report.due = host.cells.timeLeft(behaviour, id, in: hub).map { hub.clock.now + $0 }
        case .failed(let error): (report.state, report.error) = (.failed, error)
        }
        return report
    }

    package func change(_ change: CellChange, in hub: isolated Hub) throws(RuleRefusal) {
        let (behaviour, id) = (change.behaviour, change.id)
        let state = host.cells.state(behaviour, id, in: hub)
        guard state != .dead else {
            let names = host.cells.statistics(in: hub).behaviours.map(\.name)
            guard names.contains(where: { $0.utf8.elementsEqual(behaviour.utf8) }) else {
                throw .unknown(Self.unknown(behaviour, among: names))
            }
            throw .unknown("there is no cell '\(id)' of '\(behaviour)'")
        }
        switch change.deed {
        case .revive:
            guard host.cells.revive(behaviour, id, in: hub) else { throw .refused("the cell has not failed") }
        case .forget: host.cells.forget(behaviour, id, isAsked: true, in: hub)
        case .fail:
            let reason = change.reason ?? "somebody stopped it"
            guard host.cells.fail(behaviour, id, error: reason, isAsked: true, in: hub) else {
                throw .refused("the cell has failed already")
            }
        }
    }

    private static func unknown(_ behaviour: String, among names: [String]) -> String {
        let known = names.isEmpty ? "there are no cells" : "there are cells of \(names.joined(separator: ", "))"
        return "no cells are called '\(behaviour)'; \(known)"
    }
}

extension BehaviourReport {
    fileprivate init(_ statistics: CellHost.Statistics.Behaviour) {
        self.init()
        (name, version) = (statistics.name, statistics.version)
        (alive, failed) = (statistics.alive, statistics.failed)
    }
}
