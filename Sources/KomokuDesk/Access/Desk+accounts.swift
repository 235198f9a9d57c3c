internal import Komoku
internal import KomokuHub
internal import KomokuStore
package import KomokuWire

/// Commands about who may come in.
extension Desk {
    /// Those that take long, or tell something.
    func askAccounts(
        _ command: Command, for caller: Caller, _ rights: Rights, in hub: isolated Hub, _ then: @escaping Answer
    ) {
        switch command {
        case .auth(let request): authenticate(request, caller, then)
        case .users: then(.shape(UsersList(access.users)))
        case .tokens: then(.shape(TokensList(access.tokens)))
        case .addUser(let request):
            let isFirst = access.users.isEmpty
            access.addUser(request.user, password: request.password.text, Rights(request.rights)) { [self] result in
                if isFirst, case .success = result {
                    documents.hand(from: "", to: Identity(.user, name: request.user, access.anybody).owner)
                }
                finish(result, then)
            }
        case .setPassword(let request): setPassword(request, for: caller, rights, then)
        default: then(.error(.invalidQuery))
        }
    }

    private func authenticate(_ request: AuthRequest, _ caller: Caller, _ then: @escaping Answer) {
        let credentials: Credentials
        if let token = request.token {
            credentials = .token(token.text)
        } else if let user = request.user, let password = request.password {
            credentials = .password(name: user, password: password.text)
        } else {
            return then(.shape(IdentityReport(caller.identity)))
        }
        access.admit(credentials, at: caller.entrance) { result in
            switch result {
            case .success(let identity):
                caller.become(identity)
                then(.shape(IdentityReport(identity)))
            case .failure(let refusal): then(.error(refusal.refusal))
            }
        }
    }

    /// Who is no administrator shows that the account is his: a connection may be left open on a table.
    private func setPassword(
        _ request: SetPasswordRequest, for caller: Caller, _ rights: Rights, _ then: @escaping Answer
    ) {
        let change = { @Sendable [self] in
            access.setPassword(request.password.text, of: request.user) { [self] in finish($0, then) }
        }
        if rights.isAdmin { return change() }
        let identity = caller.identity
        guard identity.kind == .user, identity.name == request.user else {
            return then(.error(.notAllowed("only administrators may change the passwords of others")))
        }
        guard let old = request.old else { return then(.error(.invalidQuery("'old' must be the current password"))) }
        access.admit(.password(name: request.user, password: old.text), at: caller.entrance) { result in
            if case .failure(let refusal) = result { then(.error(refusal.refusal)) } else { change() }
        }
    }

    /// Answers when it is on disk.
    private func finish(_ result: Result<Void, Refusal>, _ then: @escaping Answer) {
        if case .failure(let refusal) = result { return then(.error(refusal)) }
        hub.enqueue { hub in hub.whenDurable { then($0 == .durable ? .ok : .unstored) } }
    }

    /// Those that are done at once; nil for other commands.
    func accountOutcome(of command: Command) throws(Refusal) -> Outcome? {
        switch command {
        case .removeUser(let request):
            try access.removeUser(request.user)
            documents.removeAll(of: Identity(.user, name: request.user, access.anybody).owner)
        case .removeToken(let request):
            try access.removeToken(request.token)
            documents.removeAll(of: Identity(.token, name: request.token, access.anybody).owner)
        case .setRights(let request):
            let rights = Rights(request.rights)
            switch request.account {
            case .user(let name): try access.setRights(rights, ofUser: name)
            case .token(let name): try access.setRights(rights, ofToken: name)
            }
        case .addToken(let request):
            if let certificate = request.certificate {
                try access.addToken(
                    request.token, certificate: certificate, Rights(request.rights), expires: request.expires)
                return .durable(.shape(NewToken(request.token, secret: nil)))
            }
            let secret = try access.addToken(request.token, Rights(request.rights), expires: request.expires)
            return .durable(.shape(NewToken(request.token, secret: secret)))
        default: return nil
        }
        return .durable(.ok)
    }
}

extension Rights {
    package init(_ rights: AccountRights) {
        self.init(
            reading: rights.reading.contains(.all) ? nil : rights.reading,
            writing: rights.writing.contains(.all) ? nil : rights.writing, isAdmin: rights.isAdmin)
    }

    /// As they are told.
    package var told: AccountRights {
        AccountRights(
            isAdmin: isAdmin, reading: readsAll ? [.all] : reading ?? [], writing: writesAll ? [.all] : writing ?? [])
    }
}

extension IdentityReport {
    package init(_ identity: Identity) {
        let kind: Kind =
            switch identity.kind {
            case .anybody: .anybody
            case .unknown: .unknown
            case .user: .user
            case .token: .token
            }
        self.init(kind, name: identity.name.isEmpty ? nil : identity.name, identity.rights.told)
    }
}
