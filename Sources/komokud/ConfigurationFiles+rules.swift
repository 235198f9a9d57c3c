import Komoku
import KomokuDesk
import KomokuRules
import KomokuStore
import KomokuWire
import KomokuYAML

/// Rules that clients write into the folder that the configuration opens for that.
extension ConfigurationFiles: RuleFiles {
    private static let closed =
        "the configuration opens no folder in which rules can be written; write 'rules: {editable: FOLDER, list: […]}' there, and reload"

    func list(_ then: @escaping Done<RuleFilesList>) {
        inTurn(then) { [self] () throws(Refusal) in
            var list = RuleFilesList()
            guard let editable = editable else {
                list.reason = Self.closed
                return list
            }
            list.isEditable = true
            let names = ruleNames
            list.files = try RuleFolder(editable.folder).files().map { file in
                var summary = RuleFileSummary()
                (summary.file, summary.revision, summary.time) = (file.name, file.revision, file.time)
                summary.rules = names["\(editable.folder)/\(file.name)"] ?? []
                return summary
            }
            return list
        }
    }

    func file(_ name: String, _ then: @escaping Done<RuleFileText>) {
        inTurn(then) { [self] () throws(Refusal) in
            guard let editable else { throw .notAllowed(Self.closed) }
            guard let file = try RuleFolder(editable.folder).file(name) else { throw .noFile(name) }
            var answer = RuleFileText()
            (answer.file, answer.text, answer.revision) = (name, file.text, file.revision)
            return answer
        }
    }

    func text(of rule: String, at position: SourcePosition, _ then: @escaping Done<RuleText>) {
        inTurn(then) { [self] () throws(Refusal) in
            var answer = RuleText()
            (answer.rule, answer.file, answer.line) = (rule, position.file, position.line)
            do throws(FileFailure) {
                let bytes = try DiskFiles().read(position.file, limit: YAMLLimits().fileBytes)
                answer.text = RuleExcerpt.text(at: position, of: String(decoding: bytes, as: UTF8.self)) ?? ""
            } catch {
                throw .store("'\(position.file)' cannot be read: \(error.reason)")
            }
            if let editable, let name = Self.name(of: position.file, in: editable) {
                (answer.file, answer.isEditable) = (name, true)
            }
            return answer
        }
    }

    func save(_ request: SaveRuleFileRequest, by author: String, _ then: @escaping Done<RuleFileSaved>) {
        inTurn(then) { [self] () throws(Refusal) in try save(request, by: author) }
    }

    // MARK: Saving

    private func save(_ request: SaveRuleFileRequest, by author: String) throws(Refusal) -> RuleFileSaved {
        guard let editable else { throw .notAllowed(Self.closed) }
        let folder = RuleFolder(editable.folder)
        let old = try folder.file(request.file)
        if let expected = request.revision, !expected.utf8.elementsEqual((old?.revision ?? "").utf8) {
            throw .conflict("'\(request.file)' is not as it was; read it again, and write what you make of that")
        }
        if request.text == nil, old == nil { throw .noFile(request.file) }
        let files = OverlayFiles(request.file, in: editable.folder, content: request.text.map { Array($0.utf8) })
        let (new, findings) = check(files)
        var answer = RuleFileSaved()
        answer.findings = findings.map { Self.shown($0, in: editable) }
        guard !request.isTrial else { return answer }
        guard let new else {
            // Where several files are broken, each can be mended: it is kept, and in force once the last one is.
            guard isMended(request, old, findings, in: editable) else { return answer }
            try folder.prepare(request.text, as: request.file).commit()
            keep(request, instead: old, by: author)
            (answer.isSaved, answer.revision) = (true, request.text.map(RuleFolder.revision))
            return answer
        }
        // It is on the disk before anything of it runs, and in its place once all of it could be taken over.
        let pending = try folder.prepare(request.text, as: request.file)
        if let fault = takeOver(new, findings) {
            pending.withdraw()
            answer.findings.append(fault)
            return answer
        }
        do throws(Refusal) { try pending.commit() } catch {
            goBack()
            throw error
        }
        keep(request, instead: old, by: author)
        (answer.isSaved, answer.revision) = (true, request.text.map(RuleFolder.revision))
        return answer
    }

    /// Whether what is wrong is wrong in other files, and was before.
    private func isMended(
        _ request: SaveRuleFileRequest, _ old: RuleFolder.File?, _ findings: [Diagnostic], in editable: EditableRules
    ) -> Bool {
        let isItsOwn = findings.contains { finding in
            finding.severity == .error && Self.name(of: finding.position.file, in: editable) == request.file
        }
        guard !isItsOwn else { return false }
        let before = OverlayFiles(request.file, in: editable.folder, content: old.map { Array($0.text.utf8) })
        return check(before).0 == nil
    }

    /// Keeps the new text, and the one before where nobody has kept that: a person may have written it.
    private func keep(_ request: SaveRuleFileRequest, instead old: RuleFolder.File?, by author: String) {
        let store = store
        let kept = (try? store.ruleVersions(of: request.file)) ?? []
        var version = nextVersion(of: request.file, after: kept.first?.version ?? 0)
        var batch = Batch()
        func add(_ text: String, at time: Timestamp, by author: String, _ note: String) {
            batch.ruleVersions.append(
                RuleVersionRow(
                    file: request.file, version: version, time: time, author: author, note: note, text: text))
            version += 1
        }
        if let old, !kept.contains(where: { $0.text.utf8.elementsEqual(old.text.utf8) }) {
            add(old.text, at: old.time, by: "", "as it was before")
        }
        if let text = request.text { add(text, at: now, by: author, request.note ?? "") }
        noteVersions(of: request.file, next: version)
        store.append(batch)
    }

    // MARK: Names

    private static func name(of path: String, in editable: EditableRules) -> String? {
        guard path.hasPrefix(editable.folder + "/") else { return nil }
        let name = String(path.dropFirst(editable.folder.count + 1))
        return RuleFileName.isOne(name) ? name : nil
    }

    private static func shown(_ finding: Diagnostic, in editable: EditableRules) -> Diagnostic {
        guard let name = name(of: finding.position.file, in: editable) else { return finding }
        let place = SourcePosition(file: name, line: finding.position.line, column: finding.position.column)
        return Diagnostic(finding.severity, at: place, finding.message, remedy: finding.remedy)
    }

    /// Of rules and scripts by the file that they stand in; those that `each` makes are one.
    private var ruleNames: [String: [String]] {
        var names: [String: [String]] = [:]
        for rule in loadedRules {
            let name = rule.name.split(separator: "/", maxSplits: 1).first.map(String.init) ?? rule.name
            if names[rule.position.file]?.last != name { names[rule.position.file, default: []].append(name) }
        }
        return names
    }
}

extension Refusal {
    fileprivate static func noFile(_ name: String) -> Refusal { .notFound("there is no file '\(name)' in the folder") }
}
