internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Rules that clients write.
extension Desk {
    func askRuleFiles(_ command: Command, for caller: Caller, in hub: isolated Hub, _ then: @escaping Answer) {
        if case .ruleExamples = command {
            return work.async { then(.shape(RuleExamplesList(RuleExamples.all))) }
        }
        guard let files = ruleFiles else { return then(.error(.notAllowed("no rules run here"))) }
        switch command {
        case .ruleFiles: files.list { then(Reply($0)) }
        case .ruleFile(let request): files.file(request.file) { then(Reply($0)) }
        case .ruleText(let request): tell(of: request.rule, files, in: hub, then)
        case .ruleVersions(let request):
            versions(of: request.file, then) { rows in .shape(RuleVersionsList(rows)) }
        case .ruleVersion(let request):
            versions(of: request.file, then) { rows in
                guard let row = rows.first(where: { $0.version == Int64(request.version) }) else {
                    return .error(.notFound("'\(request.file)' has no version \(request.version)"))
                }
                return .shape(RuleFileText(row))
            }
        case .saveRuleFile(let request): save(request, by: caller.identity.owner, files, then)
        default: then(.error(.invalidQuery))
        }
    }

    private func versions(
        of file: String, _ then: @escaping Answer, _ reply: @escaping @Sendable ([RuleVersionRow]) -> Reply
    ) {
        let store = hub.store
        work.async {
            do throws(Store.Error) { then(reply(try store.ruleVersions(of: file))) } catch {
                then(.error(.store(error.description)))
            }
        }
    }

    private func tell(of rule: String, _ files: any RuleFiles, in hub: isolated Hub, _ then: @escaping Answer) {
        guard let position = rules?.rule(rule, in: hub).flatMap({ SourcePosition(told: $0.position) }) else {
            return then(.error(.notFound("there is no rule '\(rule)'")))
        }
        files.text(of: rule, at: position) { then(Reply($0)) }
    }

    private func save(
        _ request: SaveRuleFileRequest, by author: String, _ files: any RuleFiles, _ then: @escaping Answer
    ) {
        files.save(request, by: author) { [self] result in
            guard case .success(let saved) = result, saved.isSaved else { return then(Reply(result)) }
            let news = RuleFileNews(request.file, revision: saved.revision)
            notices.post(Notice(.ruleFiles, for: .administrators, ["rule_file": news.json]))
            hub.enqueue { hub in
                hub.whenDurable { then($0 == .durable ? .shape(saved) : Reply.shape(saved).unstored) }
            }
        }
    }
}

extension Reply {
    fileprivate init(_ result: Result<some Shape, Refusal>) {
        switch result {
        case .success(let shape): self = .shape(shape)
        case .failure(let refusal): self = .error(refusal)
        }
    }
}

extension SourcePosition {
    /// `/etc/komoku/rules.yaml:12:5`.
    fileprivate init?(told text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 2, let column = Int(parts[parts.count - 1]), let line = Int(parts[parts.count - 2]) else {
            return nil
        }
        self.init(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
    }
}

extension RuleVersionsList {
    fileprivate init(_ rows: [RuleVersionRow]) {
        self.init()
        versions = rows.map { row in
            var version = Version()
            (version.version, version.time) = (row.version, row.time)
            version.author = row.author.isEmpty ? nil : row.author
            version.note = row.note.isEmpty ? nil : row.note
            return version
        }
    }
}

extension RuleFileText {
    fileprivate init(_ row: RuleVersionRow) {
        self.init()
        (file, version, text) = (row.file, row.version, row.text)
    }
}
