//! From bytecode to bytes.

use std::sync::Arc;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, ir};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use vm::native::Asked;

use super::code::Made;
use super::lower::{Target, lower, signature};
use crate::ssa::build::{self, Refusal};
use crate::ssa::flow::Code;
use crate::ssa::form::Function;
use crate::ssa::{check, dead, hoist, ranges, repeat, simplify, virtuals};

const MISTAKE: Refusal = "a pass made a mistake";

/// What is kept between compilations.
pub struct Compiler {
    isa: OwnedTargetIsa,
    /// The form is checked after every pass.
    pub checks: bool,
}

impl Compiler {
    /// Nothing where this machine is not one that code can be made for.
    pub fn new() -> Option<Compiler> {
        let mut flags = settings::builder();
        for (name, value) in [
            // The passes of this tier do what `speed` would, which computes pure work again behind each branch.
            ("opt_level", "none"),
            ("is_pic", "false"),
            ("unwind_info", "false"),
            ("enable_probestack", "false"),
        ] {
            flags.set(name, value).ok()?;
        }
        let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
        flags.set("enable_verifier", verifier).ok()?;
        let isa = cranelift_native::builder().ok()?.finish(settings::Flags::new(flags)).ok()?;
        Some(Compiler {
            isa: Arc::clone(&isa),
            checks: cfg!(debug_assertions) || std::env::var_os("DUNLIN_SSA").is_some(),
        })
    }

    /// The form of a function or loop, after all passes.
    pub fn form(
        &self,
        code: &Code,
        start: build::Start,
        asked: &Asked<'_>,
        is_choosy: bool,
    ) -> Result<Function, Refusal> {
        let mut form = build::build(code, start, asked, is_choosy)?;
        self.check(&form)?;
        let passes: [fn(&mut Function); 13] = [
            repeat::remove_repeated,
            simplify::simplify,
            dead::remove_dead,
            simplify::thread,
            virtuals::replace_objects,
            repeat::remove_repeated,
            simplify::simplify,
            dead::remove_dead,
            ranges::use_ranges,
            hoist::hoist,
            repeat::remove_repeated,
            simplify::simplify,
            dead::remove_dead,
        ];
        for pass in passes {
            pass(&mut form);
            self.check(&form)?;
        }
        // What a pass got wrong stays on the template tier.
        check::check(&form).map_err(|_| MISTAKE)?;
        Ok(form)
    }

    fn check(&self, form: &Function) -> Result<(), Refusal> {
        if self.checks
            && let Err(error) = check::check(form)
        {
            eprintln!("the form does not hold: {error}\n{form}");
            debug_assert!(false, "{error}");
            return Err(MISTAKE);
        }
        Ok(())
    }

    /// The machine code of a form; it does not depend on where it goes.
    pub fn machine_code(&self, form: &Function, target: Target) -> Result<Made, Refusal> {
        let mut context = Context::new();
        context.func = ir::Function::with_name_signature(ir::UserFuncName::user(0, 0), signature());
        let mut builder_context = FunctionBuilderContext::new();
        let builder = FunctionBuilder::new(&mut context.func, &mut builder_context);
        let named = lower(form, builder, target, &*self.isa)?;
        context.set_disasm(std::env::var_os("DUNLIN_ASSEMBLY").is_some());
        let compiled = context.compile(&*self.isa, &mut ControlPlane::default());
        if let Ok(code) = &compiled
            && let Some(text) = &code.vcode
        {
            eprintln!("{text}");
        }
        match compiled {
            Ok(code) if code.buffer.relocs().is_empty() => {
                Ok(Made { code: code.code_buffer().to_vec(), named })
            }
            Ok(_) => Err("it needs addresses to be filled in"),
            Err(error) => {
                debug_assert!(false, "{:?}", error.inner);
                Err("Cranelift refused it")
            }
        }
    }
}
