internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// Commands about rules.
extension CommandRun {
    private func rules() throws(Refusal) -> any RuleService {
        guard let rules = context.rules else { throw .notAllowed("no rules run here") }
        return rules
    }

    // MARK: Those that have a turn to themselves

    func answer(_ command: RuleCommand, in hub: isolated Hub, _ reply: @escaping Answer) {
        do throws(Refusal) {
            let rules = try rules()
            let history = RunHistory(rules, of: hub)
            switch command {
            case .list(let query): reply(.json(try list(query, rules, in: hub)))
            case .why(let query): try answer(query, WhyAnswer(history: history, limit: query.limit), in: hub, reply)
            case .notifications(let openOnly, let limit):
                let notes = rules.notifications(openOnly: openOnly, limit: limit, in: hub)
                reply(.json(["notifications": .array(notes.map(RuleText.json))]))
            case .reload: rules.reload { reply(.json(RuleText.json(of: $0))) }
            default: throw .invalidQuery
            }
        } catch {
            reply(.error(error))
        }
    }

    /// Many records are made as they are read.
    func runs(
        _ query: RunQuery, in hub: isolated Hub, _ reply: @escaping Answer, _ pieces: (PieceSource) -> Void
    ) {
        do throws(Refusal) {
            let history = RunHistory(try rules(), of: hub)
            guard query.limit <= RunsPieces.recordsAtOnce else {
                return pieces(RunsPieces(history: history, query: query).source)
            }
            history.question(query, in: hub).answer { rows in
                reply(Reply(rows) { .json(["runs": .array($0.map(RuleText.json))]) })
            }
        } catch {
            reply(.error(error))
        }
    }

    private func list(
        _ query: RuleListQuery, _ rules: any RuleService, in hub: isolated Hub
    ) throws(Refusal) -> JSON {
        var names = rules.ruleNames(in: hub)[...]
        if let name = query.rule {
            // A rule with `each` is many, called `NAME/ITEM`.
            names = names.filter { $0.utf8.elementsEqual(name.utf8) || $0.utf8.starts(with: (name + "/").utf8) }[...]
            guard !names.isEmpty else { throw .unknownRule(name, rules, in: hub) }
        }
        if let after = query.after {
            guard let place = names.firstIndex(where: { $0.utf8.elementsEqual(after.utf8) }) else {
                throw .invalidQuery("'after' is the 'next' of the answer before")
            }
            names = names[(place + 1)...]
        }
        let page = names.prefix(query.limit)
        let list = page.compactMap { rules.rule($0, in: hub) }.map(RuleText.json)
        var members = [JSON.Member("rules", .array(list))]
        if page.count < names.count, let last = page.last { members.append(JSON.Member("next", .string(last))) }
        return .object(members)
    }

    private func answer(
        _ query: WhyQuery, _ why: WhyAnswer, in hub: isolated Hub, _ reply: @escaping Answer
    ) throws(Refusal) {
        let rules = why.history.service
        switch query.subject {
        case .key(let name): why.answer(key: try hub.existing(name), in: hub, reply)
        case .rule(let name):
            guard let rule = rules.rule(name, in: hub) else { throw .unknownRule(name, rules, in: hub) }
            why.answer(rule: rule, in: hub, reply)
        }
    }

    // MARK: Those that run in order with others

    func perform(_ command: RuleCommand, in hub: isolated Hub) -> Result<Outcome, Refusal> {
        do throws(Refusal) {
            return .success(try outcome(of: command, try rules(), in: hub))
        } catch {
            return .failure(error)
        }
    }

    private func outcome(
        of command: RuleCommand, _ rules: any RuleService, in hub: isolated Hub
    ) throws(Refusal) -> Outcome {
        let source = "client websocket"
        switch command {
        case .follow(let filter):
            // The end of a connection ends what it follows; nothing would end what came later.
            if !hearing.isOver { runFeed.follow(filter, rules, in: hub) }
            return .reply(.ok)
        case .unfollow:
            runFeed.unfollow(rules, in: hub)
            return .reply(.ok)
        case .acknowledge(let choice):
            let count = rules.acknowledge(choice, in: hub)
            guard count > 0 else { throw .notFound("there is no such notification") }
            return .durable(.json(["acknowledged": .number(Double(count))]))
        default: break
        }
        do throws(RuleFault) {
            switch command {
            case .enable(let rule, let isEnabled):
                try rules.setEnabled(isEnabled, rule, in: hub)
                return .written
            case .stopRuns(let rule):
                return .durable(.json(["stopped": .number(Double(try rules.stopRuns(of: rule, in: hub)))]))
            case .emit(let name, let payload):
                let count = try rules.emit(name, payload: payload, source: source, in: hub)
                return .durable(.json(["rules": .number(Double(count))]))
            case .emitToCell(let id, let behaviour, let message):
                try rules.emit(toCell: id, of: behaviour, message: message, in: hub)
                return .written
            case .run(let rule, let arguments):
                let number = try rules.run(rule, arguments: arguments, source: source, in: hub)
                let row = rules.recentRun(number, in: hub).map(RuleText.json)
                return .durable(.json(row ?? ["run": .number(Double(number)), "rule": .string(rule)]))
            default: throw RuleFault.refused("it has a turn to itself")
            }
        } catch {
            throw Refusal(error, about: command.rule, rules, in: hub)
        }
    }
}

extension RuleCommand {
    /// The rule that it is about.
    fileprivate var rule: String {
        switch self {
        case .enable(let rule, _), .stopRuns(let rule), .run(let rule, _), .emit(let rule, _): rule
        default: ""
        }
    }
}

extension Refusal {
    fileprivate init(_ fault: RuleFault, about rule: String, _ rules: any RuleService, in hub: isolated Hub) {
        switch fault {
        case .unknownRule: self = .unknownRule(rule, rules, in: hub)
        case .unknown(let message): self = .notFound(message)
        case .refused(let message): self = .notAllowed(message)
        }
    }

    fileprivate static func unknownRule(_ name: String, _ rules: any RuleService, in hub: isolated Hub) -> Refusal {
        let question = Suggestion.question(for: name, in: rules.ruleNames(in: hub))
        return .notFound(["there is no rule '\(name)'", question].compactMap(\.self).joined(separator: "; "))
    }
}
