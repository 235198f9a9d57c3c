internal import Komoku
internal import KomokuHub
package import KomokuStore
package import KomokuWire

/// Commands about rules.
extension Desk {
    private func service() throws(Refusal) -> any RuleService {
        guard let rules else { throw .notAllowed("no rules run here") }
        return rules
    }

    // MARK: Those that have a turn to themselves

    func askRules(_ command: Command, _ rights: Rights, in hub: isolated Hub, _ then: @escaping Answer) {
        do throws(Refusal) {
            let rules = try service()
            let view = RuleView(rights, rules, in: hub)
            switch command {
            case .rules(let request): then(.shape(try list(request, rules, view, in: hub)))
            case .why(let request):
                let history = RunHistory(rules, of: hub)
                try answer(
                    request, WhyAnswer(history: history, view: view, limit: request.limit ?? WhyRequest.usualLimit),
                    in: hub, then)
            case .notifications(let request):
                let limit = request.limit ?? NotificationsRequest.usualLimit
                // Of those that he does not see there may be many.
                let notes = rules.notifications(
                    openOnly: request.openOnly, limit: view.seesAll ? limit : .max, in: hub)
                then(.shape(NotificationsPage(Array(notes.filter { view.sees(rule: $0.rule) }.prefix(limit)))))
            case .cells(let request):
                do throws(RuleRefusal) {
                    then(.shape(try rules.cells(request, in: hub)))
                } catch {
                    throw Refusal(error, about: "", rules, in: hub)
                }
            case .reload: rules.reload { then(.shape($0)) }
            default: throw .invalidQuery
            }
        } catch {
            then(.error(error))
        }
    }

    /// Many records are made as they are read.
    func runs(
        _ request: RunsRequest, _ rights: Rights, in hub: isolated Hub, _ then: @escaping Answer,
        _ pieces: (PieceSource) -> Void
    ) {
        do throws(Refusal) {
            let history = RunHistory(try service(), of: hub)
            let query = RunQuery(request)
            let view = RuleView(rights, history.service, in: hub)
            // Between those that he sees there may be many that he does not.
            guard query.limit <= RunsPieces.recordsAtOnce, view.seesAll else {
                return pieces(RunsPieces(history: history, query: query, view: view).source)
            }
            history.question(query, in: hub).answer { rows in
                then(Reply(rows) { .shape(RunsPage($0.map(view.report))) })
            }
        } catch {
            then(.error(error))
        }
    }

    private func list(
        _ request: RulesRequest, _ rules: any RuleService, _ view: RuleView, in hub: isolated Hub
    ) throws(Refusal) -> RulesPage {
        var names = rules.ruleNames(in: hub).filter { view.sees(rule: $0) }[...]
        if let name = request.rule {
            // A rule with `each` is many, called `NAME/ITEM`.
            names = names.filter { $0.utf8.elementsEqual(name.utf8) || $0.utf8.starts(with: (name + "/").utf8) }[...]
            guard !names.isEmpty else { throw .unknownRule(name, rules, view, in: hub) }
        }
        if let after = request.after {
            guard let index = names.firstIndex(where: { $0.utf8.elementsEqual(after.utf8) }) else {
                throw .invalidQuery("'after' is the 'next' of the answer before")
            }
            names = names[(index + 1)...]
        }
        let page = names.prefix(min(request.limit ?? .max, RulesRequest.most))
        return RulesPage(
            page.compactMap { rules.rule($0, in: hub) }, next: page.count < names.count ? page.last : nil)
    }

    private func answer(
        _ request: WhyRequest, _ why: WhyAnswer, in hub: isolated Hub, _ then: @escaping Answer
    ) throws(Refusal) {
        let rules = why.history.service
        switch request.subject {
        case .key(let name): why.answer(key: try hub.existing(name), in: hub, then)
        case .rule(let name):
            guard why.view.sees(rule: name), let rule = rules.rule(name, in: hub) else {
                throw .unknownRule(name, rules, why.view, in: hub)
            }
            why.answer(rule: rule, in: hub, then)
        }
    }

    // MARK: Those that run in order with others

    func ruleOutcome(of command: Command, for caller: Caller, in hub: isolated Hub) throws(Refusal) -> Outcome {
        switch command {
        case .subscribe, .unsubscribe, .follow, .unfollow, .hello:
            throw .notAllowed("'\(command.name.rawValue)' needs a connection that stays")
        default: break
        }
        let rules = try service()
        do throws(RuleRefusal) {
            return try outcome(of: command, rules, source: "client \(caller.origin)", in: hub)
        } catch {
            throw Refusal(error, about: command.rule, rules, in: hub)
        }
    }

    private func outcome(
        of command: Command, _ rules: any RuleService, source: String, in hub: isolated Hub
    ) throws(RuleRefusal) -> Outcome {
        switch command {
        case .acknowledge(let request):
            let count = rules.acknowledge(request.choice, in: hub)
            guard count > 0 else { throw .unknown("there is no such notification") }
            return .durable(.shape(Acknowledged(count)))
        case .enable(let request): try rules.setEnabled(true, request.rule, in: hub)
        case .disable(let request): try rules.setEnabled(false, request.rule, in: hub)
        case .stopRuns(let request):
            return .durable(.shape(StoppedRuns(try rules.stopRuns(of: request.rule, in: hub))))
        case .emit(let request):
            switch request.target {
            case .rules(let name):
                let count = try rules.emit(name, payload: request.message, source: source, in: hub)
                return .durable(.shape(Emitted(count)))
            case .cell(let behaviour, let id):
                try rules.emit(toCell: id, of: behaviour, message: request.message, in: hub)
            }
        case .changeCell(let change): try rules.change(change, in: hub)
        case .run(let request):
            let number = try rules.run(request.rule, arguments: request.values, source: source, in: hub)
            let view = RuleView(.all, rules, in: hub)
            let report = rules.recentRun(number, in: hub).map(view.report)
            return .durable(.json(report?.json ?? ["run": .number(Double(number)), "rule": .string(request.rule)]))
        default: throw .refused("it cannot be done here")
        }
        return .durable(.ok)
    }
}

extension RunQuery {
    init(_ request: RunsRequest) {
        let filter = request.filter
        self.init(
            rule: filter.rule, key: filter.key, outcomes: filter.outcomes, since: request.since,
            before: request.before, limit: request.limit ?? RunsRequest.usualLimit)
    }
}

extension RunFilter {
    package func takes(_ row: RunRow) -> Bool {
        if let rule, !row.rule.utf8.elementsEqual(rule.utf8) { return false }
        if let key, !row.keys.contains(key) { return false }
        return outcomes?.contains(row.outcome) ?? true
    }
}

extension Command {
    /// The rule that it is about.
    fileprivate var rule: String {
        switch self {
        case .enable(let request), .disable(let request), .stopRuns(let request): request.rule
        case .run(let request): request.rule
        case .emit(let request): if case .rules(let name) = request.target { name } else { "" }
        default: ""
        }
    }
}

extension Refusal {
    fileprivate init(_ fault: RuleRefusal, about rule: String, _ rules: any RuleService, in hub: isolated Hub) {
        switch fault {
        case .unknownRule: self = .unknownRule(rule, rules, in: hub)
        case .unknown(let message): self = .notFound(message)
        case .refused(let message): self = .notAllowed(message)
        }
    }

    fileprivate static func unknownRule(
        _ name: String, _ rules: any RuleService, _ view: RuleView? = nil, in hub: isolated Hub
    ) -> Refusal {
        let names = rules.ruleNames(in: hub).filter { view?.sees(rule: $0) ?? true }
        let question = Suggestion.question(for: name, in: names)
        return .notFound(["there is no rule '\(name)'", question].compactMap(\.self).joined(separator: "; "))
    }
}
