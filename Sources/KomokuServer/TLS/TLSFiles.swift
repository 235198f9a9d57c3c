internal import KomokuYAML

/// The files that make a port speak TLS.
package struct TLSFiles: Hashable, Sendable {
    /// The hub's certificate, then those between it and its authority, in PEM.
    package var certificate: String
    /// Its private key, in PEM, without a passphrase.
    package var key: String
    /// The authorities whose certificates clients may show, in PEM.
    package var clientCA: String?

    package init(certificate: String, key: String, clientCA: String? = nil) {
        (self.certificate, self.key, self.clientCA) = (certificate, key, clientCA)
    }

    /// Reads `tls:`; nil after a report. The files are tried, so that a check finds what is wrong with them.
    static func read(_ reader: SettingsReader) -> TLSFiles? {
        let (certificate, key) = (reader.file("certificate"), reader.file("key"))
        let clients = reader.file("client_ca")
        for (name, file) in [("certificate", certificate), ("key", key)] where file == nil && !reader.has(name) {
            reader.error(
                "\(reader.subject) needs '\(name)', the path of a file",
                remedy: "'komoku tls init' makes both files, for a certificate of your own")
        }
        guard let certificate, let key else { return nil }
        let files = TLSFiles(certificate: certificate.path, key: key.path, clientCA: clients?.path)
        do throws(TLSFault) {
            try TLSMaterial.check(files, reading: reader.report.source.files)
        } catch {
            let place = [certificate, key, clients].compactMap(\.self).first { $0.path == error.file } ?? certificate
            // Who checks the configuration need not be who runs the hub.
            if error.isHidden {
                place.setting.warning(error.text, remedy: error.remedy)
            } else {
                place.setting.error(error.text, remedy: error.remedy)
            }
        }
        return files
    }
}

/// What is wrong with a file for TLS.
package struct TLSFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    package let reason: String
    package let remedy: String
    /// Only that whoever reads may not.
    package var isHidden = false

    package var text: String { "\(file): \(reason)" }
    package var description: String { "\(text); \(remedy)" }
}
