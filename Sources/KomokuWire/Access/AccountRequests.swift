package import Komoku

/// `auth`: who asks, for the rest of the connection; without members he is told who he is.
package struct AuthRequest: Shape, Hashable {
    package var token: SecretText?
    package var user: String?
    package var password: SecretText?

    package init() {}
    package init(token: String) { self.token = SecretText(token) }
    package init(user: String, password: String) { (self.user, self.password) = (user, SecretText(password)) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("token", &token)
        try visit.optional("user", &user)
        try visit.optional("password", &password)
        if (user == nil) != (password == nil) || (token != nil && user != nil) {
            try visit.refuse(.invalidQuery("'auth' needs a 'token', or a 'user' and a 'password'"))
        }
    }
}

/// `add_user`.
package struct AddUserRequest: Shape, Hashable {
    package var user = ""
    package var password = SecretText("")
    package var rights = AccountRights()

    package init() {}
    package init(_ user: String, password: String, _ rights: AccountRights) {
        (self.user, self.password, self.rights) = (user, SecretText(password), rights)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("user", &user)
        try visit.required("password", &password)
        try rights.members(&visit)
    }
}

/// `set_password`: an administrator changes anybody's, a user his own, for which he gives the old one.
package struct SetPasswordRequest: Shape, Hashable {
    package var user = ""
    package var password = SecretText("")
    package var old: SecretText?

    package init() {}
    package init(of user: String, to password: String, old: String? = nil) {
        (self.user, self.password, self.old) = (user, SecretText(password), old.map(SecretText.init))
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("user", &user)
        try visit.required("password", &password)
        try visit.optional("old", &old)
    }
}

/// `set_rights`: all of them anew.
package struct SetRightsRequest: Shape, Hashable {
    package var account = AccountName.user("")
    package var rights = AccountRights()

    package init() {}
    package init(of account: AccountName, _ rights: AccountRights) { (self.account, self.rights) = (account, rights) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try AccountName.members(&account, &visit, of: "set_rights")
        try rights.members(&visit)
    }
}

/// `add_token`.
package struct AddTokenRequest: Shape, Hashable {
    package var token = ""
    package var rights = AccountRights()
    package var expires: Timestamp?
    /// Instead of a secret: the SHA-256 of a client's certificate, in hexadecimal.
    package var certificate: String?

    package init() {}
    package init(_ token: String, _ rights: AccountRights, expires: Timestamp? = nil, certificate: String? = nil) {
        (self.token, self.rights, self.expires, self.certificate) = (token, rights, expires, certificate)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("token", &token)
        try rights.members(&visit)
        try visit.moment("expires", &expires)
        try visit.optional("certificate", &certificate)
    }
}

/// `remove_user`.
package struct UserRequest: Shape, Hashable {
    package var user = ""

    package init() {}
    package init(_ user: String) { self.user = user }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("user", &user)
    }
}

/// `remove_token`.
package struct TokenRequest: Shape, Hashable {
    package var token = ""

    package init() {}
    package init(_ token: String) { self.token = token }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("token", &token)
    }
}
