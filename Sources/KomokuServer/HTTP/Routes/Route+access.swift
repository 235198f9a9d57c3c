internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOConcurrencyHelpers
internal import NIOHTTP1

extension Parameter {
    fileprivate static let user = path("user", .text, "the name of the user")
    fileprivate static let token = path("token", .text, "the name of the token, which is not its secret")
    fileprivate static let rights = [
        body("admin", .flag, "whether everything is allowed"),
        body("read", .list, "patterns of the keys that may be read; every key"),
        body("write", .list, "patterns of the keys that may be put; none"),
    ]
}

extension Route {
    static let access: [Route] = session + users + tokens

    private static let users: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/users"), group: .access, title: "Lists the users and what they may",
            work: .command(.users)),
        Route(
            method: .POST, path: PathTemplate("/api/users"), group: .access, title: "Adds a user",
            parameters: [
                .body("user", .text, "the name", isRequired: true),
                .body("password", .text, "8 to 511 bytes", isRequired: true),
            ] + Parameter.rights, work: .command(.addUser)),
        Route(
            method: .DELETE, path: PathTemplate("/api/users/{user}"), group: .access,
            title: "Removes a user; his connections and sessions end", parameters: [.user],
            work: .command(.removeUser)),
        Route(
            method: .PUT, path: PathTemplate("/api/users/{user}/rights"), group: .access,
            title: "Changes what a user may, all of it", parameters: [.user] + Parameter.rights,
            work: .command(.setRights)),
        Route(
            method: .PUT, path: PathTemplate("/api/users/{user}/password"), group: .access,
            title: "Changes a password; connections and sessions under the old one end",
            parameters: [
                .user, .body("password", .text, "8 to 511 bytes", isRequired: true),
                .body("old", .text, "the one so far, from who is no administrator"),
            ], work: .command(.setPassword)),
    ]

    private static let tokens: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/tokens"), group: .access,
            title: "Lists the tokens, what they may, when they end and when they were last used",
            work: .command(.tokens)),
        Route(
            method: .POST, path: PathTemplate("/api/tokens"), group: .access,
            title: "Makes a token and tells its secret, this once",
            parameters: [
                .body("token", .text, "what it is called", isRequired: true),
                .body("certificate", .text, "the SHA-256 of a client's certificate, instead of a secret"),
                .body("expires", .any, "when it ends, in seconds since 1970 or as text with a zone; never"),
            ] + Parameter.rights, work: .command(.addToken)),
        Route(
            method: .DELETE, path: PathTemplate("/api/tokens/{token}"), group: .access,
            title: "Removes a token; who uses it may do nothing more", parameters: [.token],
            work: .command(.removeToken)),
        Route(
            method: .PUT, path: PathTemplate("/api/tokens/{token}/rights"), group: .access,
            title: "Changes what a token may, all of it", parameters: [.token] + Parameter.rights,
            work: .command(.setRights)),
    ]

    private static let session: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/session"), group: .access,
            title: "Says who asks and what he may, with the CSRF token of the page's session",
            work: .custom { $0.tellSession() }),
        Route(
            method: .POST, path: PathTemplate("/api/session"), group: .access,
            title: "Logs in and sets the cookie of the web page; its CSRF token is in the answer",
            parameters: [
                .body("user", .text, "the name"), .body("password", .text, "the password"),
                .body("token", .text, "instead of both: a token"),
            ], work: .custom { $0.logIn() }, admission: .anybody),
        Route(
            method: .DELETE, path: PathTemplate("/api/session"), group: .access, title: "Logs out",
            work: .custom { $0.logOut() }),
    ]
}

extension HTTPExchange {
    private var cookie: String? { Credentials.session(in: request.headers) }

    private func answer(_ identity: Identity, csrf: String?, headers: HTTPHeaders = [:]) {
        var members = IdentityReport(identity).json.object ?? []
        if let csrf { members.append(JSON.Member("csrf", .string(csrf))) }
        var headers = headers
        headers.add(name: "Cache-Control", value: "no-store")
        answer(HTTPAnswer(headers: headers, content: JSON.object(members).bytes + [UInt8(ascii: "\n")]))
    }

    fileprivate func tellSession() {
        answer(caller.identity, csrf: cookie.flatMap { desk.access.csrfToken(ofSession: $0) })
    }

    fileprivate func logIn() {
        do throws(Problem) {
            let given = try credentials()
            desk.access.logIn(given, at: caller.entrance) { [self] result in
                switch result {
                case .failure(let refusal): refuse(Problem(refusal, for: request.headers))
                case .success(let session):
                    let header = setCookie(session.cookie, lifetime: session.lifetime)
                    answer(session.identity, csrf: session.csrfToken, headers: ["Set-Cookie": header])
                }
            }
        } catch {
            refuse(error)
        }
    }

    private func credentials() throws(Problem) -> Credentials {
        let members = try members()
        let (user, password) = (members["user"]?.string, members["password"]?.string)
        switch (members["token"]?.string, user, password) {
        case (let token?, nil, nil): return .token(token)
        case (nil, let user?, let password?): return .password(name: user, password: password)
        default: throw .badRequest("a 'user' and a 'password' are needed, or a 'token'")
        }
    }

    fileprivate func logOut() {
        if let cookie { desk.access.logOut(cookie) }
        answer(.unknown, csrf: nil, headers: ["Set-Cookie": setCookie("", lifetime: 0)])
    }

    /// No script reads it, and no other site's page sends it.
    private func setCookie(_ value: String, lifetime: Int) -> String {
        let proxies = context.proxies.withLockedValue { $0 }
        let path = proxies.basePath.isEmpty ? "/" : proxies.basePath
        let secure = caller.entrance.isEncrypted ? "; Secure" : ""
        return "\(Credentials.cookie)=\(value); Path=\(path); Max-Age=\(lifetime); HttpOnly; SameSite=Strict\(secure)"
    }
}
