//! Kinds of directories: what differs between them, and settings to start from.

/// What kind of server it is: filters, names of attributes, how groups hold groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Active Directory, also Samba's.
    ActiveDirectory,
    /// OpenLDAP and its like: `inetOrgPerson`, `groupOfNames`.
    OpenLdap,
}

impl Preset {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "active-directory",
            Self::OpenLdap => "openldap",
        }
    }

    /// Finds a user by name.
    pub fn user_filter(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "(&(objectCategory=person)(objectClass=user)(sAMAccountName={user}))",
            Self::OpenLdap => "(&(objectClass=inetOrgPerson)(uid={user}))",
        }
    }

    /// Finds a user by `name@suffix`.
    pub fn upn_filter(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "(&(objectCategory=person)(objectClass=user)(userPrincipalName={upn}))",
            Self::OpenLdap => "(&(objectClass=inetOrgPerson)(mail={upn}))",
        }
    }

    /// Holds what never changes about a user, whatever they are called.
    pub fn id_attribute(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "objectGUID",
            Self::OpenLdap => "entryUUID",
        }
    }

    /// Holds the short name that a user signs in with.
    pub fn login_attribute(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "sAMAccountName",
            Self::OpenLdap => "uid",
        }
    }

    /// Holds the name of a group. In Active Directory it is unique in the domain, which `cn` is not.
    pub fn group_name_attribute(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "sAMAccountName",
            Self::OpenLdap => "cn",
        }
    }

    /// Settings to start from, as in `stockroom.toml`.
    pub fn example(self) -> &'static str {
        match self {
            Self::ActiveDirectory => {
                r#"[directory]
preset = "active-directory"
servers = ["dc1.corp.example", "dc2.corp.example"]
tls = "starttls"
ca_file = "/etc/stockroom/corp-ca.pem"
base_dn = "DC=corp,DC=example"
bind_dn = "stockroom@corp.example"
bind_password_file = "/etc/stockroom/directory-password"
upn_suffixes = ["corp.example"]
netbios_domain = "CORP"
admin_group = "Stock-Admins"
groups = [
  "Stock-Operators => operator; all owners",
  "CN=Customer ACME,OU=Groups,DC=corp,DC=example => customer; owner: ACME",
]
lockout_threshold = 5
lockout_window = "30m"
"#
            }
            Self::OpenLdap => {
                r#"[directory]
preset = "openldap"
servers = ["ldap.example.com"]
tls = "starttls"
ca_file = "/etc/stockroom/ldap-ca.pem"
base_dn = "dc=example,dc=com"
bind_dn = "cn=stockroom,dc=example,dc=com"
bind_password_file = "/etc/stockroom/directory-password"
upn_suffixes = ["example.com"]
admin_group = "cn=stock-admins,ou=groups,dc=example,dc=com"
groups = [
  "stock-operators => operator; all owners",
  "customers-acme => customer; owner: ACME",
]
lockout_threshold = 5
lockout_window = "30m"
"#
            }
        }
    }
}
