internal import Komoku
internal import KomokuStore
internal import KomokuWire

/// What clients keep at the hub.
extension Desk {
    /// Nil for other commands.
    func documentOutcome(of command: Command, for caller: Caller, _ rights: Rights) throws(Refusal) -> Outcome? {
        let owner = caller.identity.owner
        switch command {
        case .documents:
            let own = try documents.list(of: owner).map { DocumentSummary($0, shared: false) }
            let shared = try documents.list(of: DocumentShelf.house).map { DocumentSummary($0, shared: true) }
            return .reply(.shape(DocumentsList(own + shared)))
        case .document(let request):
            let place = DocumentShelf.Place(owner: request.isShared ? DocumentShelf.house : owner, name: request.name)
            guard let row = try documents.document(place) else {
                throw .notFound("there is no \(request.isShared ? "shared " : "")document '\(request.name)'")
            }
            return .reply(.shape(try Document(row, shared: request.isShared)))
        case .putDocument(let request):
            return .durable(.shape(DocumentRevision(try put(request, of: owner, rights))))
        default: return nil
        }
    }

    private func put(_ request: PutDocumentRequest, of owner: String, _ rights: Rights) throws(Refusal) -> Int64 {
        guard !request.isShared || rights.writesSomething else {
            throw .notAllowed("a document of the house is for those who may put a key")
        }
        let place = DocumentShelf.Place(owner: request.isShared ? DocumentShelf.house : owner, name: request.name)
        let content = request.content.isNull ? nil : request.content
        let revision = try documents.put(content, at: place, expecting: request.revision.map(Int64.init))
        let news = DocumentNews(request.name, shared: request.isShared, revision: content == nil ? nil : revision)
        notices.post(
            Notice(.documents, for: request.isShared ? .everybody : .owner(owner), ["document": news.json]))
        return revision
    }
}

extension DocumentSummary {
    fileprivate init(_ row: DocumentRow, shared: Bool) {
        self.init()
        (name, isShared, revision) = (row.name, shared, row.revision)
        (size, time) = (row.content.utf8.count, row.time)
    }
}

extension Document {
    /// - Throws: where the row is damaged.
    fileprivate init(_ row: DocumentRow, shared: Bool) throws(Refusal) {
        self.init()
        (name, isShared, revision) = (row.name, shared, row.revision)
        guard let json = try? JSON(parsing: row.content) else {
            throw .store("the document '\(row.name)' is damaged; write it anew")
        }
        content = json
    }
}

extension Rights {
    /// Whether there is a key that he may put.
    var writesSomething: Bool { writesAll || writing?.isEmpty == false }
}
