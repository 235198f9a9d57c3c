internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import Synchronization

extension AccessControl {
    /// Reads the users and tokens. Where that fails nobody comes in: a house must not open because of a damaged file.
    func load() {
        guard let store else { return }
        do throws(Store.Error) {
            let rows = try store.accounts()
            state.withLock { state in
                for row in rows.users { state.book.set(AccountBook.User(row, clock: clock)) }
                for row in rows.tokens {
                    if let token = AccountBook.Token(row, clock: clock) { state.book.set(token) }
                }
                if state.book.isEmpty, rows.isClosed || !rows.tokens.isEmpty { state.fault = Self.lost }
                if !state.book.isEmpty { anybody.change(nil) }
            }
            // Sessions that cannot be read are over; nobody needs them to come in.
            let sessions = (try? store.sessions()) ?? []
            state.withLock { state in
                let book = state.book
                state.sessions.restore(sessions, at: moment) { book.owner(of: $0) }
                keep(state.sessions.takeChanges())
            }
        } catch {
            state.withLock { $0.fault = error.description }
            anybody.change(nil)
        }
    }

    private static let lost =
        "the database had some, and they are lost; stop the hub and make a new one with 'komokud --add-token NAME'"

    /// Hands the new state of a user or a token to the store.
    func keep(_ kind: AccountRow.Kind, _ name: String, _ row: AccountRow?) {
        var batch = Batch()
        batch.accounts = [AccountWrite(kind, name: name, row)]
        store?.append(batch)
    }

    func keep(_ sessions: [SessionWrite]) {
        guard !sessions.isEmpty else { return }
        var batch = Batch()
        batch.sessions = sessions
        store?.append(batch)
    }

    /// Writes down, at most once a minute, that a token was used.
    func noteUse(of token: AccountBook.Token, at time: Timestamp, _ state: inout State) {
        if let used = token.used, used <= time, time < used + Self.useInterval { return }
        state.book.use(token.name, at: time)
        if let token = state.book.tokens[token.name] { keep(.token, token.name, token.row) }
    }

    private static let useInterval = Duration.seconds(60)
}

extension AccountBook.User {
    fileprivate init(_ row: AccountRow, clock: any HubClock) {
        let rights = Rights(row)
        self.init(
            name: row.name, password: row.secret, rights: rights, created: row.created,
            account: Account(rights, clock: clock))
    }

    var row: AccountRow {
        var row = AccountRow(name: name, secret: password, created: created)
        row.set(rights)
        return row
    }
}

extension AccountBook.Token {
    /// Nil where its secret cannot be one's.
    fileprivate init?(_ row: AccountRow, clock: any HubClock) {
        let isCertificate = row.secret.hasPrefix(Self.certificate)
        let digits = isCertificate ? String(row.secret.dropFirst(Self.certificate.count)) : row.secret
        guard let hash = SHA256(hexadecimal: digits) else { return nil }
        let rights = Rights(row)
        self.init(
            name: row.name, hash: hash, rights: rights, created: row.created, expires: row.expires, used: row.used,
            account: Account(rights, expires: row.expires, clock: clock))
        self.isCertificate = isCertificate
    }

    /// Before the digits of one in the database.
    private static let certificate = "certificate "

    var row: AccountRow {
        var row = AccountRow(
            name: name, secret: (isCertificate ? Self.certificate : "") + hash.hexadecimal, created: created)
        row.set(rights)
        (row.expires, row.used) = (expires, used)
        return row
    }
}

extension AccountRow {
    fileprivate mutating func set(_ rights: Rights) {
        (reading, writing) = (rights.reading?.map(\.text), rights.writing?.map(\.text))
        isAdmin = rights.isAdmin
    }
}

extension Rights {
    /// A pattern that is none allows nothing.
    fileprivate init(_ row: AccountRow) {
        self.init(
            reading: row.reading?.compactMap { try? KeyPattern(validating: $0) },
            writing: row.writing?.compactMap { try? KeyPattern(validating: $0) }, isAdmin: row.isAdmin)
    }
}
